import assert from "node:assert/strict";
import { answered, soon, ways } from "../chat-model/observe.ts";
import { play } from "../chat-model/subject.ts";
import type { Rule } from "../contract.ts";
import { type Scenario, scenarios } from "../wire/scenario.ts";
import type { WireStep } from "../wire/wire-server.ts";
import { wireRequestId, writeScenario } from "../wire/write-scenario.ts";
import { arrived, readToFirstToken } from "./observe.ts";
import { bytesFor, relayOptions, requestOf, unasked, type RelaySubject } from "./subject.ts";

const answers: readonly Scenario[] = [
  scenarios.ok,
  scenarios.cachedTokens,
  scenarios.toolCall,
  scenarios.parallelToolCalls,
  scenarios.reasoning,
  scenarios.refusal,
  scenarios.lengthStop,
  scenarios.otherModel,
  scenarios.multibyte,
  scenarios.usageMissing,
  scenarios.usageUnreadable,
  scenarios.usageZero,
  scenarios.usageHuge,
  scenarios.unknownFields,
];

/** Everything a model can write in an answer, in the order of writing. */
function piecesOf({ answer }: Scenario, reasoning: boolean): readonly string[] {
  const calls = answer.toolCalls.flatMap(({ name, argumentPieces }) => [name, ...argumentPieces]);
  return [...(reasoning ? answer.reasoningPieces : []), ...answer.textPieces, ...calls];
}

const noise = [
  "set-cookie",
  "x-ratelimit-remaining-requests",
  "openai-organization",
  "anthropic-organization-id",
  "server",
];

export const answerRules: readonly Rule<RelaySubject>[] = [
  {
    id: "Y1",
    sentence: "a whole answer's bytes are the provider's, with its status and type",
    reason: "Clients depend on fields, spellings and spaces that nobody here knows of.",
    async check(subject) {
      const odd = `${JSON.stringify(subject.dialect.answer(scenarios.multibyte.answer), null, 3)}\n`;
      const body = odd.replace("Zoë", String.raw`Zo\u00eB`).replace(/\b20\b/, "2.0e1");
      subject.server.play((request) => [
        ...writeScenario(subject.dialect, scenarios.ok, request).slice(0, 1),
        { type: "bytes", bytes: body },
      ]);
      const { head, bytes } = await arrived(subject.relay, requestOf(subject, "complete"));
      assert.deepEqual([head?.status, head?.headers["content-type"]], [200, "application/json"]);
      assert.equal(bytes.toString("utf8"), body);
    },
  },
  {
    id: "Y2",
    sentence: "a stream's bytes are the provider's, however they are cut, framed and decorated",
    reason: "Unknown events and fields, comments and line ends are for the client to judge.",
    async check(subject) {
      const { multibyte, byteByByte, crlf, comments, unknownFields, parallelToolCalls } = scenarios;
      for (const scenario of [multibyte, byteByByte, crlf, comments, unknownFields, parallelToolCalls]) {
        play(subject, scenario);
        const request = requestOf(subject, "stream");
        const { bytes, head } = await arrived(subject.relay, request);
        assert.equal(bytes.toString("utf8"), bytesFor(subject, scenario, request).toString("utf8"));
        assert.match(head?.headers["content-type"] ?? "", /^text\/event-stream/);
      }
    },
  },
  {
    id: "Y3",
    sentence: "usage that only we asked for is taken out of a stream again, and all other bytes stay",
    reason: "The caller gets the stream it asked for, to the byte.",
    async check(subject) {
      const { ok, byteByByte, crlf, toolCall, usageMissing } = scenarios;
      for (const scenario of [ok, byteByByte, crlf, toolCall, usageMissing]) {
        play(subject, scenario);
        const request = unasked(subject);
        const { bytes, reading } = await arrived(subject.relay, request);
        assert.equal(bytes.toString("utf8"), bytesFor(subject, scenario, request).toString("utf8"));
        assert.deepEqual(reading.usage?.tokens, scenario.answer.usage?.tokens);
      }
    },
  },
  {
    id: "Y4",
    sentence: "id, model, usage and finish reason are read as the ChatModel reads them, streamed or not",
    reason: "A call costs the same whichever way it came in (R1).",
    async check(subject) {
      for (const scenario of answers) {
        play(subject, scenario);
        for (const way of ways) {
          const told = await answered(subject.model, way);
          const { reading } = await arrived(subject.relay, requestOf(subject, way));
          assert.deepEqual(
            [reading.responseId, reading.model, reading.usage, reading.finishReason],
            [told.id, told.model, told.usage, told.finishReason],
          );
        }
      }
    },
  },
  {
    id: "Y5",
    sentence: "usage that the provider did not report is null, never zero",
    reason: "An unknown cost must not look like a free call (R6).",
    async check(subject) {
      play(subject, scenarios.usageMissing);
      for (const way of ways) assert.equal((await arrived(subject.relay, requestOf(subject, way))).reading.usage, null);
    },
  },
  {
    id: "Y6",
    sentence: "everything the model wrote can be counted: text, thinking, names and arguments of tools",
    reason: "Where usage is missing this is what the bill is estimated from.",
    async check(subject) {
      const { reasoningText } = subject.dialect.abilities;
      for (const scenario of [scenarios.ok, scenarios.multibyte, scenarios.parallelToolCalls, scenarios.reasoning]) {
        play(subject, scenario);
        for (const way of ways) {
          const { reading } = await arrived(subject.relay, requestOf(subject, way));
          const written = reading.written().replaceAll(" ", "");
          let at = 0;
          for (const piece of piecesOf(scenario, reasoningText).map((text) => text.replaceAll(" ", ""))) {
            const found = written.indexOf(piece, at);
            assert(found !== -1, `${piece} is missing in ${written}`);
            at = found + piece.length;
          }
          assert(reading.begun);
        }
      }
    },
  },
  {
    id: "Y46",
    sentence:
      "what an answer says is told apart from all that was written: its text and its calls of tools, no thinking",
    reason: "A trace that shows thinking, or pieces of wire, as the answer shows what no caller was told.",
    async check(subject) {
      for (const scenario of [scenarios.ok, scenarios.multibyte, scenarios.parallelToolCalls, scenarios.reasoning]) {
        play(subject, scenario);
        for (const way of ways) {
          const { text, toolCalls } = await answered(subject.model, way);
          const { reading } = await arrived(subject.relay, requestOf(subject, way));
          assert.deepEqual(reading.said?.(), { text, toolCalls });
        }
      }
    },
  },
  {
    id: "Y7",
    sentence: "an answer is complete with its terminal event, which comes as a piece of its own",
    reason: "That piece waits until the ledger line is durable, and no other does (R2).",
    async check(subject) {
      for (const scenario of [scenarios.ok, scenarios.crlf, scenarios.toolCall]) {
        play(subject, scenario);
        const request = requestOf(subject, "stream");
        const { before, after } = await arrived(subject.relay, request);
        const end = scenario.framing === "crlf" ? "\r\n\r\n" : "\n\n";
        const events = bytesFor(subject, scenario, request).toString("utf8").split(end).slice(0, -1);
        assert.equal(after.toString("utf8"), `${events.at(-1)}${end}`);
        assert.equal(
          before.toString("utf8"),
          events
            .slice(0, -1)
            .map((event) => event + end)
            .join(""),
        );
      }
    },
  },
  {
    id: "Y8",
    sentence: "what comes behind the terminal event is given on, and does not spoil the answer",
    reason: "Some servers say the end twice, or break the connection when all is said.",
    async check(subject) {
      const behind: readonly WireStep[] = [{ type: "bytes", bytes: ": goodbye\n\n" }, { type: "break" }];
      subject.server.play((request) => [...writeScenario(subject.dialect, scenarios.ok, request), ...behind]);
      const request = requestOf(subject, "stream");
      const { bytes } = await arrived(subject.relay, request);
      const whole = `${bytesFor(subject, scenarios.ok, request).toString("utf8")}: goodbye\n\n`;
      assert.equal(bytes.toString("utf8"), whole);
    },
  },
  {
    id: "Y9",
    sentence: "pieces are given on when they arrive, not when the answer is complete",
    reason: "Time to first token is what a reader feels.",
    async check(subject) {
      play(subject, scenarios.hangMidway);
      const exchange = await soon(
        subject.relay.open(requestOf(subject, "stream"), relayOptions()),
        "the stream to open",
      );
      await readToFirstToken(exchange);
      assert.equal(exchange.reading.ended, false);
      await soon(Promise.resolve(exchange.events.return?.()), "the stream to close");
    },
  },
  {
    id: "Y10",
    sentence: "of the provider's headers the type and the request id come back, and no cookie, limit or account",
    reason: "They speak of an account that all tenants share (R4).",
    async check(subject) {
      const { dialect } = subject;
      for (const way of ways) {
        subject.server.play((request) =>
          writeScenario(dialect, scenarios.ok, request).map((step) =>
            step.type === "head"
              ? { ...step, headers: { ...step.headers, ...Object.fromEntries(noise.map((name) => [name, "theirs"])) } }
              : step,
          ),
        );
        const { head } = await arrived(subject.relay, requestOf(subject, way));
        const headers = head?.headers ?? {};
        assert.equal(headers[dialect.requestIdHeader], wireRequestId);
        assert("content-type" in headers);
        assert.deepEqual(
          Object.keys(headers).filter((name) => name !== name.toLowerCase() || noise.includes(name)),
          [],
        );
      }
    },
  },
];
