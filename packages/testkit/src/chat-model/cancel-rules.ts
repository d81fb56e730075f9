import assert from "node:assert/strict";
import { TenantryError } from "@tenantry/core";
import type { Rule } from "../contract.ts";
import { assertCancelled, assertClosed, assertLeftGenerating, assertTimedOut, deadline } from "../wire/interruption.ts";
import { scenarios, type Scenario } from "../wire/scenario.ts";
import { answered, failed, failureOf, soon, ways, type UpstreamError, type Way } from "./observe.ts";
import { ask, createCountingSignal, play, sendOptions, type ChatModelSubject, type CountingSignal } from "./subject.ts";

/** Fires the signal once the server has the request, and gives back how the call failed. */
async function interrupted(
  subject: ChatModelSubject,
  way: Way,
  scenario: Scenario,
  reason: unknown,
  signal: CountingSignal = createCountingSignal(),
): Promise<UpstreamError> {
  play(subject, () => {
    setImmediate(() => signal.fire(reason));
    return scenario;
  });
  return await failed(subject.model, way, ask(), sendOptions({ signal }));
}

/** Reads a stream to its first text, fires the signal, and gives back how the rest failed. */
async function interruptedMidway(
  subject: ChatModelSubject,
  scenario: Scenario,
  reason: unknown,
): Promise<UpstreamError> {
  play(subject, scenario);
  const controller = new AbortController();
  const events = await subject.model.stream(ask(), sendOptions({ signal: controller.signal }));
  const read = async (): Promise<null> => {
    let fired = false;
    for await (const event of events) {
      assert(!fired || event.type !== "end", "an interrupted stream ended as if it were whole");
      if (event.type !== "text") continue;
      fired = true;
      controller.abort(reason);
    }
    return null;
  };
  const error = await soon(read(), "the interrupted stream to end").catch((thrown: unknown) => thrown);
  if (error instanceof assert.AssertionError) throw error;
  return failureOf({ events: [], result: null, error });
}

export const cancelRules: readonly Rule<ChatModelSubject>[] = [
  {
    id: "M44",
    sentence: "a passed deadline is upstream_timeout of kind timeout, and the connection is closed",
    reason: "A slow provider is the provider's failure; its cost is unknown.",
    async check(subject) {
      const errors = [await interruptedMidway(subject, scenarios.hangMidway, deadline())];
      for (const way of ways) {
        errors.push(await interrupted(subject, way, scenarios.hang, deadline()));
        errors.push(await interrupted(subject, way, scenarios.hangMidway, deadline()));
      }
      assertTimedOut(errors);
      await assertClosed(subject.server);
    },
  },
  {
    id: "M45",
    sentence: "a caller who gives up gets cancelled of kind aborted, and the connection is closed",
    reason: "It counts as the caller's doing and must stop the generation.",
    async check(subject) {
      const reasons = [
        undefined,
        new DOMException("gone", "AbortError"),
        "closed",
        new TenantryError("cancelled", "gone"),
      ];
      const errors: UpstreamError[] = [];
      for (const reason of reasons) {
        errors.push(await interruptedMidway(subject, scenarios.hangMidway, reason));
        for (const way of ways) errors.push(await interrupted(subject, way, scenarios.hang, reason));
        errors.push(await interrupted(subject, "complete", scenarios.hangMidway, reason));
      }
      assertCancelled(errors);
      await assertClosed(subject.server);
    },
  },
  {
    id: "M46",
    sentence: "a signal that has fired before the call sends nothing and is not-sent",
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
          const error = await failed(subject.model, way, ask(), sendOptions({ signal }));
          assert.deepEqual([error.code, error.upstream.kind], [code, "not-sent"]);
        }
      }
      assert.equal(subject.server.requests.length, 0);
    },
  },
  {
    id: "M47",
    sentence: "a call leaves no listener on its signal",
    reason: "A signal that lives as long as a session would grow without end.",
    async check(subject) {
      for (const scenario of [scenarios.ok, scenarios.serverError, scenarios.endsEarly]) {
        play(subject, scenario);
        for (const way of ways) {
          const signal = createCountingSignal();
          const options = sendOptions({ signal });
          if (scenario === scenarios.ok) await answered(subject.model, way, ask(), options);
          else await failed(subject.model, way, ask(), options);
          assert.equal(signal.listeners, 0);
        }
      }
    },
  },
  {
    id: "M54",
    sentence: "an abort ends the call at once, also when the provider goes on generating",
    reason: "The caller is gone; the bill is settled from what was received.",
    async check(subject) {
      const error = await interruptedMidway(subject, scenarios.generationGoesOn, undefined);
      await assertLeftGenerating(subject.server, error);
    },
  },
];
