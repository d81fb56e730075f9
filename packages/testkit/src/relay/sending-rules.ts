import assert from "node:assert/strict";
import { failureOf, soon, ways } from "../chat-model/observe.ts";
import { createCountingSignal, play } from "../chat-model/subject.ts";
import type { Rule } from "../contract.ts";
import { answerOf, scenarioOf, scenarios, usageFacts } from "../wire/scenario.ts";
import { openWireServer, redirects } from "../wire/wire-server.ts";
import { arrived, relayed, relayFailed } from "./observe.ts";
import { relayOptions, requestOf, unasked, type RelaySubject } from "./subject.ts";

/** To whom, with what headers, how often and over how many connections. */
export const sendingRules: readonly Rule<RelaySubject>[] = [
  {
    id: "Y20",
    sentence: "the provider gets our key, and no credential, cookie, account or address of the caller",
    reason: "A tenant's key is a secret from the provider, and theirs is one from us (R4).",
    async check(subject) {
      play(subject, scenarios.ok);
      const names = ["authorization", "x-api-key", "api-key", "cookie", "openai-organization", "openai-project"];
      names.push(
        "idempotency-key",
        "x-forwarded-for",
        "traceparent",
        "baggage",
        "x-tenantry-user",
        "host",
        "content-length",
      );
      const theirs = Object.fromEntries(names.map((name) => [name, "tnt_of-the-caller"]));
      for (const way of ways) await arrived(subject.relay, requestOf(subject, way, {}, theirs));
      const credentials = subject.server.requests.map((request) => subject.dialect.readRequest(request).credential);
      assert.equal(new Set(credentials).size, 1);
      assert((credentials[0] ?? "").length >= 20, "the subject needs a key of at least 20 characters");
      for (const { headers } of subject.server.requests) {
        assert(
          !Object.values(headers).some((value) => value.includes("of-the-caller")),
          "a header of the caller crossed",
        );
      }
    },
  },
  {
    id: "Y21",
    sentence: "the protocol's version headers cross, and the attempt's id travels as x-client-request-id",
    reason: "The answer is in the version the caller reads; the id matches the provider's records with ours.",
    async check(subject) {
      play(subject, scenarios.ok);
      const headers = Object.fromEntries(subject.crossing.map((name) => [name, `${name}-of-the-caller`]));
      for (const way of ways) {
        await arrived(
          subject.relay,
          requestOf(subject, way, {}, headers),
          relayOptions({ attemptId: `attempt-${way}` }),
        );
        const sent = subject.server.requests.at(-1)?.headers ?? {};
        for (const [name, value] of Object.entries(headers)) assert.equal(sent[name], value);
        assert.equal(sent["x-client-request-id"], `attempt-${way}`);
        assert.equal(sent["content-type"], "application/json");
      }
    },
  },
  {
    id: "Y22",
    sentence: "a base URL works with and without a trailing slash",
    reason: "Both are written in configurations; one must not be a 404.",
    async check(subject) {
      play(subject, scenarios.ok);
      const baseUrl = subject.server.origin + subject.dialect.basePath;
      for (const written of [baseUrl, `${baseUrl}/`]) {
        await arrived(subject.create(written), requestOf(subject, "complete"));
        assert.equal(subject.server.requests.at(-1)?.path, subject.dialect.chatPath);
      }
    },
  },
  {
    id: "Y23",
    sentence: "one opening is one physical request, whatever comes back",
    reason: "A retry in here is billed and is on no ledger line (R1).",
    async check(subject) {
      const { rateLimited, rateLimitedMs, serverError, overloaded, billedThenReset, emptyBody } = scenarios;
      for (const scenario of [rateLimited, rateLimitedMs, serverError, overloaded, billedThenReset, emptyBody]) {
        for (const way of ways) {
          const before = subject.server.requests.length;
          play(subject, scenario);
          await relayFailed(subject, way);
          assert.equal(subject.server.requests.length - before, 1);
        }
      }
    },
  },
  {
    id: "Y24",
    sentence: "a request can be opened again for another model and limit",
    reason: "Retries and fallbacks send the same request once more.",
    async check(subject) {
      play(subject, scenarios.serverError);
      const request = Object.freeze(unasked(subject));
      for (const [model, maxOutputTokens] of [
        ["model-one", 31],
        ["model-two", 17],
      ] as const) {
        failureOf(await relayed(subject.relay, request, relayOptions({ model, maxOutputTokens })));
        const last = subject.server.requests.at(-1);
        assert(last !== undefined);
        const asked = subject.dialect.readRequest(last);
        assert.deepEqual([asked.model, asked.maxOutputTokens, asked.asksForUsage], [model, maxOutputTokens, true]);
      }
    },
  },
  {
    id: "Y25",
    sentence: "fifty requests at once are not mixed up",
    reason: "One tenant's answer or usage in another's call breaks R4.",
    async check(subject) {
      play(subject, (_asked, { headers }) => {
        const number = Number(headers["x-client-request-id"]?.replace("attempt-", ""));
        const usage = usageFacts({ input: 1000 + number, output: number });
        return scenarioOf({
          answer: answerOf({ id: `id-${number}`, textPieces: ["I am ", `number ${number}`], usage }),
        });
      });
      const calls = Array.from({ length: 50 }, async (_none, number) => {
        const request = number % 2 === 0 ? requestOf(subject, "complete") : unasked(subject);
        const options = relayOptions({ attemptId: `attempt-${number}` });
        const { bytes, reading } = await arrived(subject.relay, request, options);
        assert.equal(reading.responseId, `id-${number}`);
        assert.equal(reading.written(), `I am number ${number}`);
        assert(bytes.toString("utf8").includes(`number ${number}"`), "another call's bytes");
        assert.deepEqual([reading.usage?.tokens.input, reading.usage?.tokens.output], [1000 + number, number]);
      });
      await Promise.all(calls);
    },
  },
  {
    id: "Y26",
    sentence: "no more connections are open than allowed; a request that waits for one and is given up was not sent",
    reason: "A provider's limit is kept, and what never left costs nothing.",
    async check(subject) {
      const relay = subject.create(subject.server.origin + subject.dialect.basePath, 2);
      let twoArrived = (): void => undefined;
      const arrivals = new Promise<void>((resolve) => {
        twoArrived = resolve;
      });
      play(subject, () => {
        if (subject.server.requests.length === 2) twoArrived();
        return scenarios.hang;
      });
      const signals = [1, 2, 3].map(() => createCountingSignal());
      const open = signals.map(async (signal) =>
        failureOf(await relayed(relay, requestOf(subject, "complete"), relayOptions({ signal }))),
      );
      await soon(arrivals, "two requests to arrive");
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(subject.server.requests.length, 2, "a third connection was opened");
      for (const signal of signals.toReversed()) signal.fire(undefined);
      const kinds = (await Promise.all(open)).map(({ upstream }) => upstream.kind);
      assert.deepEqual(kinds, ["aborted", "aborted", "not-sent"]);
      play(subject, scenarios.ok);
      await arrived(relay, requestOf(subject, "complete"));
      assert.equal(subject.server.requests.length, 3, "what was given up was sent all the same");
    },
  },
  {
    id: "Y27",
    sentence: "a redirect is not followed",
    reason: "The key and the prompt would go where nobody has configured it.",
    async check(subject) {
      const elsewhere = await openWireServer();
      try {
        for (const reply of redirects(`${elsewhere.origin}${subject.dialect.chatPath}`)) {
          subject.server.play(() => reply);
          for (const way of ways) assert.equal((await relayFailed(subject, way)).upstream.kind, "malformed");
        }
        assert.equal(elsewhere.requests.length, 0, "another host was asked");
      } finally {
        await elsewhere.close();
      }
    },
  },
];
