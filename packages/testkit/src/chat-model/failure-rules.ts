import assert from "node:assert/strict";
import { inspect } from "node:util";
import type { Rule } from "../contract.ts";
import { scenarios, type Scenario } from "../wire/scenario.ts";
import { openWireServer, redirects, unusedOrigin } from "../wire/wire-server.ts";
import { wireRequestId } from "../wire/write-scenario.ts";
import { failed, failureOf, observe, ways, type UpstreamError } from "./observe.ts";
import { play, type ChatModelSubject } from "./subject.ts";

/** Plays scenarios that must fail, both ways, and looks at each error. */
async function eachFailure(
  subject: ChatModelSubject,
  played: readonly Scenario[],
  look: (error: UpstreamError, scenario: Scenario) => void,
): Promise<void> {
  for (const scenario of played) {
    play(subject, scenario);
    for (const way of ways) look(await failed(subject.model, way), scenario);
  }
}

function assertFailure(error: UpstreamError, kind: string, fault: string, retryable: boolean): void {
  assert.deepEqual(
    [error.code, error.upstream.kind, error.upstream.fault, error.retryable],
    ["upstream_error", kind, fault, retryable],
  );
}

const { rateLimitedSeconds, rateLimitedDate, rateLimitedMs, rateLimitedNonsense, rateLimited } = scenarios;

/** Every scenario in which the vendor answers with an error. */
const refusals: readonly Scenario[] = Object.values(scenarios).filter(
  ({ error, delivery }: Scenario) => error !== null && error.body === "vendor" && delivery === "whole",
);

export const failureRules: readonly Rule<ChatModelSubject>[] = [
  {
    id: "M36",
    sentence: "400, 404, 413 and 422 are refusals of the caller's request, not to be retried",
    reason: "Another try or another provider would not help, and no work was billed.",
    async check(subject) {
      const { invalidRequest, unknownModel, tooLarge, unprocessable } = scenarios;
      await eachFailure(subject, [invalidRequest, unknownModel, tooLarge, unprocessable], (error) =>
        assertFailure(error, "refused", "caller", false),
      );
    },
  },
  {
    id: "M37",
    sentence: "401, 403 and an empty account are refusals of our credentials or account",
    reason: "The operator has to act, the tenant cannot.",
    async check(subject) {
      const { unauthenticated, forbidden, outOfQuota } = scenarios;
      await eachFailure(subject, [unauthenticated, forbidden, outOfQuota], (error) =>
        assertFailure(error, "refused", "account", false),
      );
    },
  },
  {
    id: "M38",
    sentence: "429 is a refusal by the provider and may be retried",
    reason: "It is billed nothing, and a fallback may succeed.",
    async check(subject) {
      await eachFailure(subject, [rateLimited, rateLimitedSeconds], (error) =>
        assertFailure(error, "refused", "provider", true),
      );
    },
  },
  {
    id: "M39",
    sentence: "every 5xx is a server error, also when a proxy answers with a page",
    reason: "Its cost is unknown, never zero: the provider may have worked and billed.",
    async check(subject) {
      const { serverError, unavailable, overloaded, badGatewayPage, billedThenServerError } = scenarios;
      await eachFailure(
        subject,
        [serverError, unavailable, overloaded, badGatewayPage, billedThenServerError],
        (error) => {
          assertFailure(error, "server-error", "provider", true);
          assert.equal(error.upstream.usage, null);
        },
      );
    },
  },
  {
    id: "M40",
    sentence: "the provider's status, error code and request id are reported",
    reason: "Its support asks for them.",
    async check(subject) {
      await eachFailure(subject, refusals, ({ upstream }, scenario) => {
        assert(scenario.error !== null);
        const told = subject.dialect.error(scenario.error);
        assert.deepEqual(
          [upstream.provider, upstream.status, upstream.providerCode, upstream.requestId],
          [subject.model.provider, told.status, told.code, wireRequestId],
        );
      });
    },
  },
  {
    id: "M41",
    sentence: "retry-after is understood in seconds, as a date and in milliseconds",
    reason: "Retrying too early is refused again; inventing a wait delays the caller for nothing.",
    async check(subject) {
      await eachFailure(
        subject,
        [rateLimitedSeconds, rateLimitedMs, rateLimitedNonsense, rateLimited],
        ({ upstream, retryAfterMs }, { error }) => {
          const wait = error?.retryAfter ?? { nonsense: "" };
          const expected = "seconds" in wait ? wait.seconds * 1000 : "ms" in wait ? wait.ms : null;
          assert.deepEqual([upstream.retryAfterMs, retryAfterMs], [expected, expected]);
        },
      );
      await eachFailure(subject, [rateLimitedDate], ({ upstream }) => {
        const wait = upstream.retryAfterMs ?? Number.NaN;
        assert(wait > 110_000 && wait <= 121_000, `waits ${wait} ms for a date 120 s ahead`);
      });
    },
  },
  {
    id: "M42",
    sentence: "a refused connection and a failed TLS handshake are not-sent",
    reason: "Nothing left this process, so the cost is a measured zero and the hold is free.",
    async check(subject) {
      const { basePath } = subject.dialect;
      const plain = subject.server.origin;
      for (const origin of [await unusedOrigin(), plain.replace("http:", "https:")]) {
        for (const way of ways) {
          const error = await failed(subject.create(origin + basePath), way);
          assertFailure(error, "not-sent", "provider", true);
          assert.equal(error.upstream.status, null);
        }
      }
    },
  },
  {
    id: "M43",
    sentence: "a connection lost after the request was sent is a reset",
    reason: "The provider may have worked and billed.",
    async check(subject) {
      await eachFailure(subject, [scenarios.billedThenReset], (error) => {
        assertFailure(error, "reset", "provider", true);
        assert.equal(error.upstream.usage, null);
      });
      play(subject, scenarios.brokenMidway);
      assertFailure(await failed(subject.model, "complete"), "reset", "provider", true);
    },
  },
  {
    id: "M48",
    sentence: "a 200 that cannot be read is malformed",
    reason: "It was billed; taken for an answer it would be an empty summary.",
    async check(subject) {
      const { brokenJson, emptyBody, wrongShape, htmlAnswer } = scenarios;
      await eachFailure(subject, [brokenJson, emptyBody, wrongShape, htmlAnswer], (error) => {
        assertFailure(error, "malformed", "provider", true);
        if (!subject.dialect.abilities.usageFromStart) assert.equal(error.upstream.usage, null);
      });
    },
  },
  {
    id: "M49",
    sentence: "a stream that ends before its terminal event is cut, after everything that did arrive",
    reason: "Half an answer must not pass for a whole one, and what arrived is counted.",
    async check(subject) {
      for (const scenario of [scenarios.endsEarly, scenarios.brokenMidway, scenarios.endsMidEvent]) {
        play(subject, scenario);
        const observed = await observe(subject.model, "stream");
        const error = failureOf(observed);
        // Some SDKs parse the half event and cannot tell a cut from bad JSON.
        const kind = scenario === scenarios.endsMidEvent && error.upstream.kind === "malformed" ? "malformed" : "cut";
        assertFailure(error, kind, "provider", true);
        const text = observed.events.map((event) => (event.type === "text" ? event.text : "")).join("");
        assert(text !== "" && scenario.answer.textPieces.join("").startsWith(text), `delivered ${text}`);
        assert(!observed.events.some((event) => event.type === "end"));
      }
    },
  },
  {
    id: "M50",
    sentence: "an error event in the middle of a stream is a server error with the provider's code",
    reason: "It comes with status 200; taken for an end it would be half an answer.",
    async check(subject) {
      play(subject, scenarios.errorEvent);
      const observed = await observe(subject.model, "stream");
      const error = failureOf(observed);
      assertFailure(error, "server-error", "provider", true);
      const told = scenarios.errorEvent.error;
      assert(told !== null);
      assert.equal(error.upstream.providerCode, subject.dialect.errorEvent(told).code);
      assert.equal(error.upstream.requestId, wireRequestId);
      assert(observed.events.some((event) => event.type === "text"));
    },
  },
  {
    id: "M51",
    sentence: "usage reported before a stream failed is in the error",
    reason: "It is the only measured part of what the failed attempt cost.",
    async check(subject) {
      if (!subject.dialect.abilities.usageFromStart) return;
      for (const scenario of [scenarios.endsEarly, scenarios.brokenMidway, scenarios.errorEvent]) {
        play(subject, scenario);
        const { upstream } = await failed(subject.model, "stream");
        assert.equal(upstream.usage?.tokens.input, 100);
      }
    },
  },
  {
    id: "M52",
    sentence: "what the provider may have billed is never called refused or not-sent",
    reason: "Those two are booked as zero (R1).",
    async check(subject) {
      for (const scenario of Object.values<Scenario>(scenarios)) {
        if (!scenario.billed || scenario.delivery.startsWith("hang") || scenario.delivery === "goes-on") continue;
        play(subject, scenario);
        for (const way of ways) {
          const observed = await observe(subject.model, way);
          if (observed.error === null) continue;
          const { kind } = failureOf(observed).upstream;
          assert(kind !== "refused" && kind !== "not-sent", `${scenario.delivery} is ${kind}`);
        }
      }
    },
  },
  {
    id: "M53",
    sentence: "no error shows the key, even when the provider repeats it",
    reason: "Errors are logged and shown (R10).",
    async check(subject) {
      const shown: unknown[] = [];
      for (const scenario of [scenarios.unauthenticated, scenarios.billedThenReset, scenarios.htmlAnswer]) {
        play(subject, scenario);
        for (const way of ways) shown.push(await failed(subject.model, way));
      }
      shown.push(await failed(subject.create((await unusedOrigin()) + subject.dialect.basePath), "complete"));
      const { credential } = soleCredential(subject);
      assert(credential !== null && credential.length >= 20, "the subject needs a key of at least 20 characters");
      for (const error of shown) {
        const text = `${inspect(error, { depth: 12, showHidden: true })}${JSON.stringify(error)}`;
        assert(!text.includes(credential), "an error shows the key");
      }
    },
  },
  {
    id: "M57",
    sentence: "a redirect is not followed, so neither credentials nor the prompt go to another host",
    reason: "They would go where nobody has configured it, and one attempt would be two requests (R1).",
    async check(subject) {
      const elsewhere = await openWireServer();
      try {
        for (const reply of redirects(`${elsewhere.origin}${subject.dialect.chatPath}`)) {
          subject.server.play(() => reply);
          for (const way of ways) {
            const before = subject.server.requests.length;
            assert.equal((await failed(subject.model, way)).upstream.kind, "malformed");
            assert.equal(subject.server.requests.length - before, 1);
          }
        }
        assert.equal(elsewhere.requests.length, 0, "another host was asked");
      } finally {
        await elsewhere.close();
      }
    },
  },
];

function soleCredential(subject: ChatModelSubject): { credential: string | null } {
  const credentials = subject.server.requests.map((request) => subject.dialect.readRequest(request).credential);
  assert.equal(new Set(credentials).size, 1, "requests came with different keys, or there was none");
  return { credential: credentials[0] ?? null };
}
