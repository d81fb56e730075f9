import assert from "node:assert/strict";
import type { ChatRequest } from "@tenantry/core";
import type { Rule } from "../contract.ts";
import { scenarios } from "../wire/scenario.ts";
import { answered, observe } from "./observe.ts";
import { ask, play, sendOptions, soleRequest, type ChatModelSubject } from "./subject.ts";

const tool = {
  name: "search",
  description: "Searches the minutes.",
  parameters: { type: "object", properties: { query: { type: "string" } }, required: ["query"] },
};

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const schema = {
  type: "object",
  properties: { ok: { type: "boolean" } },
  required: ["ok"],
  additionalProperties: false,
};

export const messageRules: readonly Rule<ChatModelSubject>[] = [
  {
    id: "M22",
    sentence: "the model, the system text and all messages reach the wire in order",
    reason: "A lost message changes the answer.",
    async check(subject) {
      play(subject, scenarios.ok);
      await answered(
        subject.model,
        "complete",
        {
          messages: [
            { role: "system", content: "Answer as Zoë would." },
            { role: "user", content: "first — 日本語" },
            { role: "assistant", content: "second" },
            { role: "user", content: [{ type: "text", text: "third" }] },
          ],
          maxOutputTokens: 5,
        },
        sendOptions({ model: "model/with:odd@name" }),
      );
      const { asked, request } = soleRequest(subject);
      assert.equal(request.method, "POST");
      assert.equal(request.path, subject.dialect.chatPath);
      assert.equal(asked.model, "model/with:odd@name");
      assert.equal(asked.streamed, false);
      assert.deepEqual(asked.systemTexts, ["Answer as Zoë would."]);
      assert.deepEqual(
        asked.messages.map(({ role, text }) => [role, text]),
        [
          ["user", "first — 日本語"],
          ["assistant", "second"],
          ["user", "third"],
        ],
      );
    },
  },
  {
    id: "M23",
    sentence: "tools, the choice among them, calls made and their results reach the wire",
    reason: "An agent's second turn depends on all four.",
    async check(subject) {
      play(subject, scenarios.ok);
      const call = { id: "call-9", name: "search", argumentsJson: '{"query":"budget"}' };
      const second = { id: "call-10", name: "search", argumentsJson: '{"query":"hiring"}' };
      const messages: ChatRequest["messages"] = [
        { role: "user", content: "look it up" },
        { role: "assistant", content: "", toolCalls: [call, second] },
        { role: "tool", toolCallId: "call-9", content: "agreed in March" },
        { role: "tool", toolCallId: "call-10", content: "nothing found" },
      ];
      await answered(subject.model, "complete", { messages, maxOutputTokens: 5, tools: [tool] });
      const { asked } = soleRequest(subject);
      assert.deepEqual(asked.tools, [tool]);
      assert.deepEqual(
        asked.messages[1]?.toolCalls.map(({ argumentsJson, ...rest }) => ({
          ...rest,
          input: JSON.parse(argumentsJson) as unknown,
        })),
        [
          { id: "call-9", name: "search", input: { query: "budget" } },
          { id: "call-10", name: "search", input: { query: "hiring" } },
        ],
      );
      assert.deepEqual(
        asked.messages.filter(({ role }) => role === "tool").map(({ toolCallId, text }) => [toolCallId, text]),
        [
          ["call-9", "agreed in March"],
          ["call-10", "nothing found"],
        ],
      );
      for (const toolChoice of ["auto", "none", "required", { name: "search" }] as const) {
        await answered(subject.model, "complete", ask("again", { tools: [tool], toolChoice }));
        const last = subject.server.requests.at(-1);
        assert(last !== undefined);
        assert.deepEqual(subject.dialect.readRequest(last).toolChoice, toolChoice);
      }
    },
  },
  {
    id: "M55",
    sentence: "the text of a tool's result in parts reaches the wire, and that a tool failed",
    reason: "Told of success, the model goes on as if it had happened.",
    async check(subject) {
      play(subject, scenarios.ok);
      const calls = ["call-1", "call-2"].map((id) => ({ id, name: "search", argumentsJson: "{}" }));
      const content = [
        { type: "text", text: "first " },
        { type: "text", text: "second" },
      ] as const;
      const messages: ChatRequest["messages"] = [
        { role: "user", content: "look it up" },
        { role: "assistant", content: "", toolCalls: calls },
        { role: "tool", toolCallId: "call-1", content },
        { role: "tool", toolCallId: "call-2", content: "no such board", isError: true },
      ];
      await answered(subject.model, "complete", { messages, maxOutputTokens: 5, tools: [tool] });
      const results = soleRequest(subject).asked.messages.filter(({ role }) => role === "tool");
      assert.equal(results[0]?.text, "first second");
      assert(results[1]?.text.endsWith("no such board"));
      assert.deepEqual(
        results.map(({ failed }) => failed),
        [false, true],
      );
    },
  },
  {
    id: "M24",
    sentence: "images reach the wire, by URL and as bytes",
    reason: "A dropped image gives a confident answer about nothing.",
    async check(subject) {
      play(subject, scenarios.ok);
      const dataUrl = `data:image/png;base64,${pixel}`;
      await answered(subject.model, "complete", {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "compare" },
              { type: "image", url: "https://images.example/board.png" },
              { type: "image", base64: pixel, mediaType: "image/png" },
              { type: "image", url: dataUrl },
            ],
          },
        ],
        maxOutputTokens: 5,
      });
      const [message] = soleRequest(subject).asked.messages;
      assert.equal(message?.text, "compare");
      assert.deepEqual(message.images, ["https://images.example/board.png", dataUrl, dataUrl]);
    },
  },
  {
    id: "M25",
    sentence:
      "an asked-for JSON answer reaches the wire; a form the vendor lacks is invalid_request and nothing is sent",
    reason: "Silently dropped, it gives prose to a program that parses JSON.",
    async check(subject) {
      const { jsonMode, jsonSchema } = subject.dialect.abilities;
      play(subject, scenarios.ok);
      const forms = [
        { can: jsonMode, format: { type: "json" } as const },
        { can: jsonSchema, format: { type: "json-schema", name: "verdict", schema } as const },
      ];
      for (const { can, format } of forms) {
        const before = subject.server.requests.length;
        const observed = await observe(subject.model, "complete", ask("as JSON", { responseFormat: format }));
        const request = subject.server.requests[before];
        if (can) {
          assert(request !== undefined, "nothing was sent");
          const read = subject.dialect.readRequest(request).responseFormat;
          assert.equal(read?.type, format.type);
          if (read.type === "json-schema") assert.deepEqual(read.schema, schema);
        } else {
          assert.equal(request, undefined);
          assert.equal((observed.error as { code?: string } | null)?.code, "invalid_request");
        }
      }
    },
  },
];
