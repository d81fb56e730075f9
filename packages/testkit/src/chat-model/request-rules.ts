import assert from "node:assert/strict";
import type { Rule } from "../contract.ts";
import { answerOf, scenarioOf, scenarios, usageFacts } from "../wire/scenario.ts";
import { answered, failed, ways } from "./observe.ts";
import { ask, play, sendOptions, soleRequest, type ChatModelSubject } from "./subject.ts";

const tool = { name: "search", parameters: { type: "object", properties: {} } };

export const requestRules: readonly Rule<ChatModelSubject>[] = [
  {
    id: "M26",
    sentence: "sampling settings are sent when they are set and left out when they are not",
    reason: "Absent means the provider's default, and some models reject settings they do not know.",
    async check(subject) {
      play(subject, scenarios.ok);
      await answered(subject.model, "complete", ask("set", { temperature: 0, topP: 0.5, stop: ["END", "###"] }));
      await answered(subject.model, "complete", ask("unset"));
      const [set, unset] = subject.server.requests.map((request) => subject.dialect.readRequest(request));
      assert.deepEqual([set?.temperature, set?.topP, set?.stop], [0, 0.5, ["END", "###"]]);
      assert.deepEqual([unset?.temperature, unset?.topP, unset?.stop], [null, null, []]);
      assert.deepEqual([unset?.tools, unset?.toolChoice, unset?.responseFormat], [[], null, null]);
    },
  },
  {
    id: "M56",
    sentence:
      "one tool at a time and the end user's id are sent when they are asked for and left out when they are not",
    reason: "Two calls where one was allowed are done twice; an id that is made up accuses somebody.",
    async check(subject) {
      play(subject, scenarios.ok);
      const tools = [tool];
      for (const toolChoice of [undefined, "auto", "required", { name: "search" }] as const) {
        const choice = toolChoice === undefined ? {} : { toolChoice };
        const request = ask("one", { tools, ...choice, parallelToolCalls: false, endUserId: "user-7" });
        await answered(subject.model, "complete", request);
      }
      await answered(subject.model, "complete", ask("many", { tools }));
      const asked = subject.server.requests.map((request) => subject.dialect.readRequest(request));
      assert.deepEqual(
        asked.map(({ parallelToolCalls, endUserId }) => [parallelToolCalls, endUserId]),
        [...Array.from({ length: 4 }, () => [false, "user-7"]), [null, null]],
      );
    },
  },
  {
    id: "M27",
    sentence: "the output limit is sent exactly, streamed or not",
    reason: "The money held for the call is computed from it (R3).",
    async check(subject) {
      play(subject, scenarios.ok);
      for (const way of ways) await answered(subject.model, way, ask("short", { maxOutputTokens: 17 }));
      for (const request of subject.server.requests) {
        assert.equal(subject.dialect.readRequest(request).maxOutputTokens, 17);
      }
      const { maxOutputTokens: _limit, ...unlimited } = ask("long");
      await answered(subject.model, "complete", unlimited);
      const last = subject.server.requests.at(-1);
      assert(last !== undefined);
      const sent = subject.dialect.readRequest(last).maxOutputTokens;
      if (subject.dialect.abilities.maxOutputTokensRequired) assert(sent !== null && sent >= 1);
      else assert.equal(sent, null);
    },
  },
  {
    id: "M28",
    sentence: "extra fields are sent as they are",
    reason: "They are how an application uses what core does not know.",
    async check(subject) {
      play(subject, scenarios.ok);
      const extra = { x_vendor_option: { nested: [1, "two", null, { three: true }] }, x_flag: false };
      for (const way of ways) await answered(subject.model, way, ask("extra", { extra }));
      for (const request of subject.server.requests) {
        const body = request.body as Record<string, unknown>;
        assert.deepEqual([body["x_vendor_option"], body["x_flag"]], [extra.x_vendor_option, false]);
      }
    },
  },
  {
    id: "M29",
    sentence: "extra fields cannot replace the model, the messages, the output limit or the kind of answer",
    reason: "What was admitted and held is what must be sent (R3).",
    async check(subject) {
      play(subject, scenarios.ok);
      await answered(subject.model, "complete", ask("the real one", { maxOutputTokens: 17 }));
      const body = soleRequest(subject).request.body as Record<string, unknown>;
      const forged = Object.fromEntries(
        Object.entries(body).map(([name, value]) => [name, typeof value === "number" ? 99_999 : "forged"]),
      );
      const request = ask("the real one", {
        maxOutputTokens: 17,
        extra: { ...forged, model: "forged", messages: [], stream: true },
      });
      await answered(subject.model, "complete", request);
      const second = subject.server.requests[1];
      assert(second !== undefined);
      const asked = subject.dialect.readRequest(second);
      assert.equal(asked.model, "model-asked-for");
      assert.deepEqual(
        asked.messages.map(({ text }) => text),
        ["the real one"],
      );
      assert.equal(asked.maxOutputTokens, 17);
      assert.equal(asked.streamed, false);
    },
  },
  {
    id: "M30",
    sentence: "one call is one physical request, whatever comes back",
    reason: "A retry inside the SDK is billed and is on no ledger line (R1).",
    async check(subject) {
      for (const scenario of [
        scenarios.rateLimited,
        scenarios.rateLimitedMs,
        scenarios.serverError,
        scenarios.overloaded,
        scenarios.billedThenReset,
        scenarios.brokenJson,
      ]) {
        for (const way of ways) {
          const before = subject.server.requests.length;
          play(subject, scenario);
          await failed(subject.model, way);
          assert.equal(subject.server.requests.length - before, 1);
        }
      }
    },
  },
  {
    id: "M31",
    sentence: "the attempt's id travels as x-client-request-id",
    reason: "It matches the provider's records with the ledger's.",
    async check(subject) {
      play(subject, scenarios.ok);
      for (const way of ways) await answered(subject.model, way, ask(), sendOptions({ attemptId: `attempt-${way}` }));
      assert.deepEqual(
        subject.server.requests.map(({ headers }) => headers["x-client-request-id"]),
        ["attempt-complete", "attempt-stream"],
      );
    },
  },
  {
    id: "M32",
    sentence: "no tracing context is sent to the provider",
    reason: "Baggage carries tenant and user ids, which are none of the provider's business (R4).",
    async check(subject) {
      play(subject, scenarios.ok);
      for (const way of ways) await answered(subject.model, way);
      for (const { headers } of subject.server.requests) {
        for (const name of ["traceparent", "tracestate", "baggage"]) assert.equal(headers[name], undefined);
      }
    },
  },
  {
    id: "M33",
    sentence: "a base URL works with and without a trailing slash",
    reason: "Both are written in configurations; one must not be a 404.",
    async check(subject) {
      const baseUrl = subject.server.origin + subject.dialect.basePath;
      for (const written of [baseUrl, `${baseUrl}/`]) {
        play(subject, scenarios.ok);
        await answered(subject.create(written), "complete");
        assert.equal(subject.server.requests.at(-1)?.path, subject.dialect.chatPath);
      }
    },
  },
  {
    id: "M34",
    sentence: "fifty calls at once are not mixed up",
    reason: "One tenant's answer or usage in another's call breaks R4.",
    async check(subject) {
      play(subject, (asked, request) => {
        const number = Number(asked.messages[0]?.text);
        return scenarioOf({
          answer: answerOf({
            id: `id-${request.headers["x-client-request-id"]}`,
            textPieces: ["I am ", `number ${number}`],
            usage: usageFacts({ input: 1000 + number, output: number }),
          }),
        });
      });
      const calls = Array.from({ length: 50 }, async (_none, number) => {
        const way = number % 2 === 0 ? "complete" : "stream";
        const options = sendOptions({ attemptId: `attempt-${number}` });
        const result = await answered(subject.model, way, ask(String(number)), options);
        assert.equal(result.id, `id-attempt-${number}`);
        assert.equal(result.text, `I am number ${number}`);
        assert.deepEqual([result.usage?.tokens.input, result.usage?.tokens.output], [1000 + number, number]);
      });
      await Promise.all(calls);
    },
  },
  {
    id: "M35",
    sentence: "the request is read and never changed",
    reason: "The same object goes to the next provider of the route.",
    async check(subject) {
      play(subject, scenarios.ok);
      const request = ask("frozen", {
        tools: [tool],
        toolChoice: "auto",
        stop: ["END"],
        extra: { x_vendor_option: { nested: [1] } },
      });
      const before = structuredClone(request);
      for (const way of ways) await answered(subject.model, way, request);
      assert.deepEqual(request, before);
    },
  },
];
