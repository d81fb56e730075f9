import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { inspect } from "node:util";
import { failed, failureOf, observe, soon, type UpstreamError, ways } from "../chat-model/observe.ts";
import { play } from "../chat-model/subject.ts";
import type { Rule } from "../contract.ts";
import { type Scenario, scenarios } from "../wire/scenario.ts";
import { unusedOrigin, type WireReply } from "../wire/wire-server.ts";
import { writeScenario } from "../wire/write-scenario.ts";
import { arrived, relayed, relayFailed } from "./observe.ts";
import { bytesFor, relayOptions, requestOf, type RelaySubject } from "./subject.ts";

/** What a failure says, whoever tells it. Usage is apart: what a stream reported before it failed stands in its `Reading`. */
function story({ code, retryable, retryAfterMs, publicMessage, upstream }: UpstreamError): unknown {
  return { code, retryable, retryAfterMs, publicMessage, upstream: { ...upstream, usage: null } };
}

/** Scenarios in which something goes wrong and that come to an end by themselves. */
const ending = Object.values<Scenario>(scenarios).filter(
  ({ error, delivery }) =>
    (error !== null || delivery !== "whole") && !["hang", "hang-midway", "goes-on"].includes(delivery),
);

/** A date is another one a moment later. */
const isDated = ({ error }: Scenario): boolean => "dateSecondsAhead" in (error?.retryAfter ?? {});

/** Bytes pass as they are, so what is broken inside one event of a stream is for the client to find. */
const passing: ReadonlySet<string> = new Set(["broken-json", "ends-mid-event"]);

/** What the vendor would say, until the stream fails. */
function bytesBefore(subject: RelaySubject, scenario: Scenario): string {
  return bytesFor(subject, scenario, requestOf(subject, "stream")).toString("utf8");
}

export const failureRules: readonly Rule<RelaySubject>[] = [
  {
    id: "Y28",
    sentence: "every failure is told as the ChatModel tells it: kind, fault, status, code, request id, wait",
    reason: "Retry, fallback, cost and what the caller hears must not depend on the way in.",
    async check(subject) {
      let compared = 0;
      for (const scenario of ending) {
        if (isDated(scenario)) continue;
        play(subject, scenario);
        for (const way of ways) {
          if (way === "stream" && passing.has(scenario.delivery)) continue;
          const { error } = await observe(subject.model, way);
          const relayedError = (await relayed(subject.relay, requestOf(subject, way))).error;
          assert.equal(relayedError === null, error === null, `${way} of ${scenario.delivery}`);
          if (error === null) continue;
          compared += 1;
          assert.deepEqual(story(failureOf({ error: relayedError })), story(failureOf({ error })));
        }
      }
      assert(compared > 30, "hardly a failure was compared");
      play(subject, scenarios.rateLimitedDate);
      const { upstream } = await relayFailed(subject, "stream");
      assert(upstream.retryAfterMs !== null && upstream.retryAfterMs > 110_000 && upstream.retryAfterMs <= 121_000);
    },
  },
  {
    id: "Y29",
    sentence: "a refused connection and a failed TLS handshake are not-sent, as with the ChatModel",
    reason: "Nothing left this process, so the cost is a measured zero and the hold is free.",
    async check(subject) {
      const { basePath } = subject.dialect;
      for (const origin of [await unusedOrigin(), subject.server.origin.replace("http:", "https:")]) {
        for (const way of ways) {
          const error = failureOf(await relayed(subject.create(origin + basePath), requestOf(subject, way)));
          assert.equal(error.upstream.kind, "not-sent");
          assert.deepEqual(story(error), story(await failed(subject.createModel(origin + basePath), way)));
        }
      }
    },
  },
  {
    id: "Y30",
    sentence: "what is refused fails when it is opened, before the head of an answer",
    reason: "Only then may another provider be asked unseen.",
    async check(subject) {
      for (const scenario of [
        scenarios.rateLimited,
        scenarios.serverError,
        scenarios.htmlAnswer,
        scenarios.emptyBody,
      ]) {
        play(subject, scenario);
        for (const way of ways) {
          const opening = soon(subject.relay.open(requestOf(subject, way), relayOptions()), "the answer to be refused");
          failureOf({ error: await opening.then(() => null).catch((thrown: unknown) => thrown) });
        }
      }
    },
  },
  {
    id: "Y31",
    sentence: "a stream that ends before its terminal event is cut, after every byte that did arrive",
    reason: "Half an answer must not pass for a whole one, and what arrived is paid for.",
    async check(subject) {
      for (const scenario of [scenarios.endsEarly, scenarios.endsMidEvent, scenarios.brokenMidway]) {
        play(subject, scenario);
        const { bytes, reading, error } = await relayed(subject.relay, requestOf(subject, "stream"));
        assert.equal(failureOf({ error }).upstream.kind, "cut");
        assert.equal(bytes.toString("utf8"), bytesBefore(subject, scenario));
        assert.equal(reading?.ended, false);
        assert(reading.written() !== "", "what was written is not counted");
      }
    },
  },
  {
    id: "Y32",
    sentence: "an error event in a stream is a failure, told after everything before it and not given on",
    reason: "It may show our account, and the gateway tells it in the caller's words.",
    async check(subject) {
      play(subject, scenarios.errorEvent);
      const { bytes, reading, error } = await relayed(subject.relay, requestOf(subject, "stream"));
      assert.equal(failureOf({ error }).upstream.kind, "server-error");
      const told = subject.dialect.errorEvent(scenarios.errorEvent.error ?? assert.fail()).event;
      const whole = bytesBefore(subject, scenarios.errorEvent);
      const from = whole.indexOf(told.event === undefined ? `data: ${told.data}` : `event: ${told.event}`);
      assert.equal(bytes.toString("utf8"), whole.slice(0, from));
      assert.equal(reading?.ended, false);
    },
  },
  {
    id: "Y33",
    sentence: "usage that a stream reported before it failed can be read",
    reason: "It is the measured part of what the attempt cost.",
    async check(subject) {
      if (!subject.dialect.abilities.usageFromStart) return;
      for (const scenario of [scenarios.endsEarly, scenarios.brokenMidway, scenarios.errorEvent]) {
        play(subject, scenario);
        const { reading } = await relayed(subject.relay, requestOf(subject, "stream"));
        assert.equal(reading?.usage?.tokens.input, 100);
      }
    },
  },
  {
    id: "Y34",
    sentence: "a 200 that cannot be watched is malformed: compressed, another type than asked for, an end of nothing",
    reason: "It was billed, and nobody could say how much or whether it was an answer.",
    async check(subject) {
      const { dialect, server } = subject;
      const ok = requestOf(subject, "stream");
      const events = bytesFor(subject, scenarios.ok, ok).toString("utf8");
      const terminal = events.split("\n\n").at(-2) ?? assert.fail();
      const unreadable: readonly WireReply[] = [
        [
          head({ "content-type": "text/event-stream", "content-encoding": "gzip" }),
          { type: "bytes", bytes: gzipSync(events) },
        ],
        [
          head({ "content-type": "application/json" }),
          { type: "bytes", bytes: JSON.stringify(dialect.answer(scenarios.ok.answer)) },
        ],
        [
          head({ "content-type": "text/event-stream" }),
          { type: "bytes", bytes: `data: {"up":true}\n\n${terminal}\n\n` },
        ],
      ];
      for (const reply of unreadable) {
        server.play(() => reply);
        const { error, after } = await relayed(subject.relay, ok);
        assert.equal(failureOf({ error }).upstream.kind, "malformed");
        assert.equal(after.length, 0, "it passed for a whole answer");
      }
      server.play((request) => writeScenario(dialect, scenarios.ok, request));
      await arrived(subject.relay, ok);
    },
  },
  {
    id: "Y35",
    sentence: "what the provider may have billed is never called refused or not-sent",
    reason: "Those two are booked as zero (R1).",
    async check(subject) {
      for (const scenario of ending) {
        if (!scenario.billed) continue;
        play(subject, scenario);
        for (const way of ways) {
          const { error } = await relayed(subject.relay, requestOf(subject, way));
          if (error === null) continue;
          const { kind } = failureOf({ error }).upstream;
          assert(kind !== "refused" && kind !== "not-sent", `${scenario.delivery} is ${kind}`);
        }
      }
    },
  },
  {
    id: "Y36",
    sentence: "no error shows the key or the prompt, even when the provider repeats the key",
    reason: "Errors are logged and shown (R10).",
    async check(subject) {
      const shown: unknown[] = [];
      const { unauthenticated, billedThenReset, htmlAnswer, endsEarly } = scenarios;
      for (const scenario of [unauthenticated, billedThenReset, htmlAnswer, endsEarly]) {
        play(subject, scenario);
        for (const way of ways) shown.push(await relayFailed(subject, way));
      }
      const nowhere = subject.create((await unusedOrigin()) + subject.dialect.basePath);
      shown.push(failureOf(await relayed(nowhere, requestOf(subject, "complete"))));
      const [first] = subject.server.requests;
      const credential = first === undefined ? null : subject.dialect.readRequest(first).credential;
      assert(credential !== null && credential.length >= 20, "the subject needs a key of at least 20 characters");
      for (const error of shown) {
        const text = `${inspect(error, { depth: 12, showHidden: true })}${JSON.stringify(error)}`;
        assert(!text.includes(credential), "an error shows the key");
        assert(!text.includes("What was agreed"), "an error shows the prompt");
      }
    },
  },
];

function head(headers: Readonly<Record<string, string>>): WireReply[number] {
  return { type: "head", status: 200, headers };
}
