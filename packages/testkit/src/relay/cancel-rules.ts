import assert from "node:assert/strict";
import type { Exchange, RelayEvent } from "@tenantry/core";
import { failureOf, soon, type UpstreamError, type Way, ways } from "../chat-model/observe.ts";
import { createCountingSignal, play } from "../chat-model/subject.ts";
import type { Rule } from "../contract.ts";
import { assertCancelled, assertClosed, assertLeftGenerating, assertTimedOut, deadline } from "../wire/interruption.ts";
import { type Scenario, scenarios } from "../wire/scenario.ts";
import { arrived, readToFirstToken, relayed, relayFailed } from "./observe.ts";
import { relayOptions, requestOf, type RelaySubject } from "./subject.ts";

/** Fires the signal once the server has the request, and gives back how it failed. */
async function interrupted(
  subject: RelaySubject,
  way: Way,
  scenario: Scenario,
  reason: unknown,
): Promise<UpstreamError> {
  const signal = createCountingSignal();
  play(subject, () => {
    setImmediate(() => signal.fire(reason));
    return scenario;
  });
  return await relayFailed(subject, way, relayOptions({ signal }));
}

/** Reads a stream to its first token, fires the signal, and gives back how the rest failed. */
async function interruptedMidway(subject: RelaySubject, scenario: Scenario, reason: unknown): Promise<UpstreamError> {
  play(subject, scenario);
  const signal = createCountingSignal();
  const exchange = await openStream(subject, relayOptions({ signal }));
  await readToFirstToken(exchange);
  signal.fire(reason);
  const error = await soon(readToEnd(exchange), "the interrupted stream to end")
    .then(() => null)
    .catch((thrown: unknown) => thrown);
  assert(!(error instanceof assert.AssertionError), String(error));
  assert.equal(exchange.reading.ended, false);
  return failureOf({ error });
}

async function openStream(subject: RelaySubject, options = relayOptions()): Promise<Exchange<RelayEvent>> {
  return await soon(subject.relay.open(requestOf(subject, "stream"), options), "the stream to open");
}

async function readToEnd({ events }: Exchange<RelayEvent>): Promise<void> {
  while ((await events.next()).done !== true);
}

export const cancelRules: readonly Rule<RelaySubject>[] = [
  {
    id: "Y37",
    sentence: "a passed deadline is upstream_timeout of kind timeout, and the connection is closed",
    reason: "A slow provider is the provider's failure; its cost is unknown.",
    async check(subject) {
      const errors = [await interruptedMidway(subject, scenarios.hangMidway, deadline())];
      for (const way of ways) errors.push(await interrupted(subject, way, scenarios.hang, deadline()));
      errors.push(await interrupted(subject, "complete", scenarios.hangMidway, deadline()));
      assertTimedOut(errors);
      await assertClosed(subject.server);
    },
  },
  {
    id: "Y38",
    sentence: "a caller who gives up gets cancelled of kind aborted, and the connection is closed",
    reason: "It counts as the caller's doing and must stop the generation.",
    async check(subject) {
      const errors: UpstreamError[] = [];
      for (const reason of [undefined, new Error("gone")]) {
        errors.push(await interruptedMidway(subject, scenarios.hangMidway, reason));
        for (const way of ways) errors.push(await interrupted(subject, way, scenarios.hang, reason));
        errors.push(await interrupted(subject, "complete", scenarios.hangMidway, reason));
      }
      assertCancelled(errors);
      await assertClosed(subject.server);
    },
  },
  {
    id: "Y39",
    sentence: "a signal that has fired before sends nothing and is not-sent",
    reason: "A call nobody waits for must cost nothing.",
    async check(subject) {
      play(subject, scenarios.ok);
      for (const [reason, code] of [
        [deadline(), "upstream_timeout"],
        [undefined, "cancelled"],
      ] as const) {
        for (const way of ways) {
          const signal = createCountingSignal();
          signal.fire(reason);
          const error = await relayFailed(subject, way, relayOptions({ signal }));
          assert.deepEqual([error.code, error.upstream.kind], [code, "not-sent"]);
        }
      }
      assert.equal(subject.server.requests.length, 0);
    },
  },
  {
    id: "Y40",
    sentence: "no listener is left on the signal",
    reason: "A signal that lives as long as a session would grow without end.",
    async check(subject) {
      for (const scenario of [scenarios.ok, scenarios.serverError, scenarios.endsEarly]) {
        play(subject, scenario);
        for (const way of ways) {
          const signal = createCountingSignal();
          const answer = await relayed(subject.relay, requestOf(subject, way), relayOptions({ signal }));
          assert.equal(answer.error === null, scenario === scenarios.ok);
          assert.equal(signal.listeners, 0);
        }
      }
    },
  },
  {
    id: "Y41",
    sentence: "ending the iteration early closes the connection, also before the first event and while one is awaited",
    reason: "A generation nobody reads goes on being billed.",
    async check(subject) {
      play(subject, scenarios.hangMidway);
      const unread = await openStream(subject);
      await soon(Promise.resolve(unread.events.return?.()), "an unread stream to close");

      const halfRead = await openStream(subject);
      await readToFirstToken(halfRead);
      await soon(Promise.resolve(halfRead.events.return?.()), "a half-read stream to close");
      assert.equal((await halfRead.events.next()).done, true);

      const awaited = await openStream(subject);
      const reading = readToEnd(awaited).then(
        () => null,
        (error: unknown) => error,
      );
      // Another stream read to its text: by then the first one has come to where nothing more arrives.
      await readToFirstToken(await openStream(subject));
      await soon(Promise.resolve(awaited.events.return?.()), "a stream to close while it is awaited");
      assert.equal(await soon(reading, "the waiting reader to be released"), null);
      for (const request of subject.server.requests.slice(0, 3)) {
        await soon(request.closed, "the connection to close");
        assert.equal(request.closedEarly, true);
      }
    },
  },
  {
    id: "Y42",
    sentence: "an abort ends the answer at once, also when the provider goes on generating",
    reason: "The caller is gone; the bill is settled from what was received.",
    async check(subject) {
      const error = await interruptedMidway(subject, scenarios.generationGoesOn, undefined);
      await assertLeftGenerating(subject.server, error);
      play(subject, scenarios.ok);
      await arrived(subject.relay, requestOf(subject, "stream"));
    },
  },
];
