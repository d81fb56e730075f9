import assert from "node:assert/strict";
import type { ChatEvent, ChatResult } from "@tenantry/core";
import type { Rule } from "../contract.ts";
import { scenarios } from "../wire/scenario.ts";
import { answered, failureOf, foldChatEvents, observe, soon } from "./observe.ts";
import { ask, play, sendOptions, soleRequest, type ChatModelSubject } from "./subject.ts";

/** Arguments are compared by meaning: vendors differ in the white space they put between pieces. */
function withParsedArguments(result: ChatResult): unknown {
  const toolCalls = result.toolCalls.map((call) => [call.id, call.name, JSON.parse(call.argumentsJson) as unknown]);
  return { ...result, toolCalls };
}

/** Reads on until the first text. */
async function readToText(iterator: AsyncIterator<ChatEvent>): Promise<void> {
  for (;;) {
    const next = await soon(iterator.next(), "a piece of a stream that has not ended");
    assert(next.done !== true, "the stream ended without text");
    if (next.value.type === "text") return;
  }
}

/** Reads until there is no more, however that comes about. */
async function readToEnd(iterator: AsyncIterator<ChatEvent>): Promise<void> {
  while ((await iterator.next()).done !== true);
}

export const streamRules: readonly Rule<ChatModelSubject>[] = [
  {
    id: "M14",
    sentence: "a streamed answer amounts to the same as the whole one",
    reason: "What a call returns and costs must not depend on how it was asked for.",
    async check(subject) {
      for (const scenario of [
        scenarios.ok,
        scenarios.cachedTokens,
        scenarios.toolCall,
        scenarios.parallelToolCalls,
        scenarios.reasoning,
        scenarios.refusal,
        scenarios.lengthStop,
        scenarios.otherModel,
        scenarios.multibyte,
      ]) {
        play(subject, scenario);
        const whole = await answered(subject.model, "complete");
        const streamed = await answered(subject.model, "stream");
        assert.deepEqual(withParsedArguments(streamed), withParsedArguments(whole));
      }
    },
  },
  {
    id: "M15",
    sentence: "start comes first and once, end comes last and once",
    reason: "Readers open and close their own envelope on them.",
    async check(subject) {
      for (const scenario of [scenarios.ok, scenarios.parallelToolCalls, scenarios.usageMissing, scenarios.refusal]) {
        play(subject, scenario);
        const { events } = await observe(subject.model, "stream");
        const types = events.map((event) => event.type);
        assert.equal(types.indexOf("start"), 0);
        assert.equal(types.lastIndexOf("start"), 0);
        assert.equal(types.indexOf("end"), types.length - 1);
        const start = events[0];
        assert(start?.type === "start");
        assert.deepEqual([start.id, start.model], [scenario.answer.id, scenario.answer.model]);
      }
    },
  },
  {
    id: "M16",
    sentence: "a stream asks for usage, and its last report is the whole usage",
    reason: "Unasked, some vendors report none; added up, partial reports would be billed twice.",
    async check(subject) {
      play(subject, scenarios.cachedTokens);
      const { events } = await observe(subject.model, "stream");
      assert.equal(soleRequest(subject).asked.asksForUsage, true);
      const reports = events.filter((event) => event.type === "usage");
      assert.deepEqual(reports.at(-1)?.usage?.tokens, scenarios.cachedTokens.answer.usage?.tokens);
      if (!subject.dialect.abilities.usageFromStart) return;
      const firstText = events.findIndex((event) => event.type === "text");
      const firstReport = events.findIndex((event) => event.type === "usage");
      assert(firstReport < firstText, "usage known from the start was told only after the text");
      const { input, cacheRead } = reports[0]?.usage?.tokens ?? { input: -1, cacheRead: -1 };
      assert.deepEqual([input, cacheRead], [20, 80]);
    },
  },
  {
    id: "M17",
    sentence: "pieces are handed on when they arrive, not when the answer is complete",
    reason: "Time to first token is what a reader feels.",
    async check(subject) {
      play(subject, scenarios.hangMidway);
      const events = await soon(subject.model.stream(ask(), sendOptions()), "the stream to open");
      const iterator = events[Symbol.asyncIterator]();
      await readToText(iterator);
      await soon(Promise.resolve(iterator.return?.()), "the stream to close");
    },
  },
  {
    id: "M18",
    sentence: "an answer survives any cutting of its bytes, CRLF and comments",
    reason: "Networks and proxies cut where they like, also inside a character.",
    async check(subject) {
      for (const scenario of [scenarios.byteByByte, scenarios.crlf, scenarios.comments]) {
        play(subject, scenario);
        const result = await answered(subject.model, "stream");
        assert.equal(result.text, scenario.answer.textPieces.join(""));
        assert.equal(result.finishReason, "stop");
        assert.deepEqual(result.usage?.tokens, scenario.answer.usage?.tokens);
      }
    },
  },
  {
    id: "M19",
    sentence: "a streamed tool call names itself in its first piece, and its pieces join to valid JSON",
    reason: "Readers assemble calls by index while they arrive.",
    async check(subject) {
      for (const scenario of [scenarios.toolCall, scenarios.parallelToolCalls, scenarios.toolCallWithoutArguments]) {
        play(subject, scenario);
        const { events } = await observe(subject.model, "stream");
        const pieces = events.filter((event) => event.type === "tool-call");
        const indexes = [...new Set(pieces.map((piece) => piece.index))];
        assert.deepEqual(
          indexes,
          scenario.answer.toolCalls.map((_call, index) => index),
        );
        for (const [index, told] of scenario.answer.toolCalls.entries()) {
          const first = pieces.find((piece) => piece.index === index);
          assert.deepEqual([first?.id, first?.name], [told.id, told.name]);
          const call = foldChatEvents(events).toolCalls[index];
          assert.deepEqual(JSON.parse(call?.argumentsJson ?? ""), JSON.parse(told.argumentPieces.join("")));
        }
      }
    },
  },
  {
    id: "M20",
    sentence: "ending the iteration early closes the connection, also before the first event and while one is awaited",
    reason: "A generation nobody reads goes on being billed.",
    async check(subject) {
      play(subject, scenarios.hangMidway);
      const open = async (): Promise<AsyncIterator<ChatEvent>> => {
        const events = await soon(subject.model.stream(ask(), sendOptions()), "the stream to open");
        return events[Symbol.asyncIterator]();
      };
      const unread = await open();
      await soon(Promise.resolve(unread.return?.()), "an unread stream to close");

      const halfRead = await open();
      await readToText(halfRead);
      await soon(Promise.resolve(halfRead.return?.()), "a half-read stream to close");

      const awaited = await open();
      const reading = readToEnd(awaited).then(
        () => null,
        (error: unknown) => error,
      );
      // Another stream read to its text: by then the first one has come to where nothing more arrives.
      await readToText(await open());
      await soon(Promise.resolve(awaited.return?.()), "a stream to close while it is awaited");
      assert.equal(await soon(reading, "the waiting reader to be released"), null);
      for (const request of subject.server.requests.slice(0, 3)) {
        await soon(request.closed, "the connection to close");
        assert.equal(request.closedEarly, true);
      }
    },
  },
  {
    id: "M21",
    sentence: "a refused stream fails when it is opened, before any event",
    reason: "Only then may the caller fall back to another provider unseen.",
    async check(subject) {
      for (const scenario of [scenarios.rateLimited, scenarios.serverError]) {
        play(subject, scenario);
        const opening = soon(subject.model.stream(ask(), sendOptions()), "the stream to be refused");
        const error = await opening.then(
          () => null,
          (thrown: unknown) => thrown,
        );
        failureOf({ events: [], result: null, error });
      }
    },
  },
];
