import assert from "node:assert/strict";
import { utf8Length } from "@tenantry/core";
import { ways } from "../chat-model/observe.ts";
import { ask } from "../chat-model/subject.ts";
import type { Rule } from "../contract.ts";
import { refused } from "./observe.ts";
import { requestOf, type RelaySubject } from "./subject.ts";

/** What is known of a request before it is sent. */
export const readRules: readonly Rule<RelaySubject>[] = [
  {
    id: "Y17",
    sentence: "reading a request tells model, kind of answer and output limit, and sends nothing",
    reason: "Admission decides on them before anything is sent.",
    async check(subject) {
      const { outputLimit } = subject.changed;
      for (const way of ways) {
        const { model, streamed, size, temperature } = subject.relay.read(
          requestOf(subject, way, { model: "asked", [outputLimit]: 31, temperature: 0.25 }),
        );
        assert.deepEqual([model, streamed, size.maxOutputTokens, temperature], ["asked", way === "stream", 31, 0.25]);
        const bare = subject.relay.read(requestOf(subject, way, { model: undefined, [outputLimit]: undefined }));
        assert.deepEqual([bare.model, bare.size.maxOutputTokens, bare.temperature], [null, null, null]);
      }
      assert.equal(subject.server.requests.length, 0);
    },
  },
  {
    id: "Y18",
    sentence: "the size is an upper bound of the input: no text is left out, and a field nobody knows has no bound",
    reason: "Money is held by it; what it misses is overshoot (R3).",
    async check(subject) {
      const question = ask().messages[0]?.content as string;
      for (const text of ["Was beschlossen? Zoë 👩‍👩‍👧 日本語", "data: of a meeting", "data:text/plain;base64,aGVsbG8="]) {
        const request = requestOf(subject, "complete");
        const body = request.body.replace(JSON.stringify(question), JSON.stringify(text));
        assert.notEqual(body, request.body);
        const { size } = subject.relay.read({ ...request, body });
        assert(size.inputTokens >= utf8Length(text) + size.overheadTokens, "the bound is too low");
        assert(size.text().includes(text), "the exact count would miss a text");
        assert.deepEqual([size.choices, size.unbounded], [1, null]);
      }
      const { size } = subject.relay.read(requestOf(subject, "complete", { x_of_tomorrow: true }));
      assert.match(size.unbounded ?? "", /x_of_tomorrow/);
    },
  },
  {
    id: "Y19",
    sentence:
      "a body that is no object, or says something twice, at any depth, or in another case, is an invalid request by name",
    reason: "Of two values the provider may obey the one that was not looked at.",
    async check(subject) {
      const { body } = requestOf(subject, "complete");
      const { outputLimit } = subject.changed;
      const twice = body.replace("{", `{"${outputLimit}":1,`);
      const shouted = body.replace("{", `{"${outputLimit.toUpperCase()}":1,`);
      for (const [text, path] of [
        ["", "body"],
        ["[]", "body"],
        [`${body}}`, "body"],
        [body.slice(0, -1), "body"],
        [body.replace("{", '{"x":+1,'), "x"],
        [twice, outputLimit],
        [body.replace("{", '{"x":[{"id":"a","id":null}],'), "x"],
        [body.replace("{", '{"x":{"y":{"id":"a","\\u0069d":"b"}},'), "x"],
        [shouted, outputLimit.toUpperCase()],
        [body.replace(/"model":"[^"]*"/, '"model":7'), "model"],
      ] as const) {
        await refused(subject, text, path);
      }
    },
  },
  {
    id: "Y43",
    sentence: "a body that names an object of the provider's account is an invalid request, wherever it does",
    reason: "All tenants share that account: what one has stored there another could have read (R4).",
    async check(subject) {
      const { body } = requestOf(subject, "complete");
      for (const [member, path] of [
        ['"thread_id":"t"', "thread_id"],
        ['"file_ids":["f"]', "file_ids"],
        ['"x":{"y":[{"file_id":"f"}]}', "x.y[0].file_id"],
        ['"x":[{"x":{"container_id":"c"}},{}]', "x[0].x.container_id"],
        ['"x":{"vector_store_\\u0069ds":["v"]}', "x.vector_store_ids"],
        ['"x":[{"image_url":{"url":"scheme://file_1"}}]', "x[0].image_url.url"],
        ['"x":[{"image_url":"file-1"}]', "x[0].image_url"],
        ['"x":{"source":{"type":"url","url":" ftp://host/1"}}', "x.source.url"],
      ] as const) {
        await refused(subject, body.replace("{", `{${member},`), path);
      }
      for (const member of [
        '"x":{"file_id":null}',
        '"x":{"image_url":{"url":"https://host/1"},"source":"scheme://in words"}',
        '"x":[{"image_url":"data:image/png;base64,aGk="},{"source":{"url":"HTTP://host"}}]',
      ]) {
        subject.relay.read({ ...requestOf(subject, "complete"), body: body.replace("{", `{${member},`) });
      }
    },
  },
];
