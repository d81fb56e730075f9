import type { ReportedSpan } from "@tenantry/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { knownAttributes } from "../src/known-attributes.ts";
import { type Attributes, readJson, requestOf, spanWith } from "./support/otlp-json.ts";
import { textOf } from "./support/recorder.ts";

const secret = "northern-plant-4711";
const sentence = `sell the ${secret} by May`;

/** Where the dialects put prompts, answers, tools, headers and messages of errors. */
const contentNames = [
  ...["input", "output", "conversation", "tools", "netra.prompt", "netra.negative_prompt", "netra.error_message"],
  ...["netra.action", "netra.entity.error", "netra.custom.note"],
  ...["gen_ai.prompt", "gen_ai.completion", "gen_ai.prompt.0.content", "gen_ai.completion.0.content"],
  ...["gen_ai.response.completion.0.content", "gen_ai.input.messages", "gen_ai.output.messages"],
  ...["gen_ai.system_instructions", "gen_ai.tool.definitions", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"],
  ...["gen_ai.request.stop_sequences", "gen_ai.retrieval.query.text", "gen_ai.retrieval.documents"],
  ...["llm.prompts.0.content", "llm.completions.0.content", "llm.chat.stop_sequences", "llm.request.functions.0"],
  ...["traceloop.entity.input", "traceloop.entity.output", "traceloop.prompt.template"],
  ...["input.value", "output.value", "llm.input_messages.0.message.content", "llm.output_messages.0.message.content"],
  ...["llm.invocation_parameters", "llm.prompt_template.template", "llm.tools.0.tool.json_schema"],
  ...["embedding.embeddings.0.embedding.text", "retrieval.documents.0.document.content", "tool.parameters"],
  ...["ai.prompt", "ai.prompt.messages", "ai.prompt.tools", "ai.response.text", "ai.response.object"],
  ...["ai.response.toolCalls", "ai.response.reasoning", "ai.response.providerMetadata", "ai.toolCall.args"],
  ...["ai.toolCall.result", "ai.value", "ai.values", "ai.schema", "ai.request.headers.authorization"],
  ...["exception.message", "exception.stacktrace", "error.message", "http.url", "url.full", "db.statement"],
  ...["process.command_args", "netra.usage", "metadata"],
];

const dialects: readonly Attributes[] = [
  { "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o", "gen_ai.operation.name": "chat" },
  { "netra.span.type": "GENERATION", "netra.model": "gpt-4o", "gen_ai.response.id": "resp_1" },
  { "openinference.span.kind": "LLM", "llm.model_name": "gpt-4o", "llm.system": "openai" },
  {
    "ai.model.id": "claude-opus-4-8",
    "ai.model.provider": "anthropic",
    "ai.operationId": "ai.generateText.doGenerate",
  },
  {},
];

/** What a sender may write in its own words, because it names something: models, ids, claims, kinds. */
const naming =
  /(?:tenant|user|enduser|session|conversation|feature|functionId)|model|provider|system|\.id$|_id$|service\.name|environment/i;

function read(attributes: Attributes): ReportedSpan {
  const events = [
    {
      name: "exception",
      timeUnixNano: "1795000000000000000",
      attributes: [{ key: "exception.message", value: { stringValue: sentence } }],
    },
  ];
  const status = { code: 2, message: sentence };
  const { spans } = readJson(requestOf([spanWith(attributes, { events, status, traceState: sentence })]));
  return spans[0] as ReportedSpan;
}

describe("content", () => {
  const content = fc.oneof(
    fc.constantFrom(
      secret,
      sentence,
      JSON.stringify({ id: secret, content: sentence }),
      JSON.stringify([{ text: sentence }]),
    ),
    fc.constant(`{"id":"${secret}","choices":["${sentence}"]}`),
    fc.constant([secret, sentence]),
  );

  it("never passes, whichever attribute of whichever dialect it stands in", () => {
    const contents = fc.dictionary(fc.constantFrom(...contentNames), content, {
      minKeys: 1,
      maxKeys: 12,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(fc.constantFrom(...dialects), contents, (dialect, told) => {
        const span = read({ ...told, ...dialect });
        expect(textOf(span)).not.toContain(secret);
        expect(span.report === null).toBe(Object.keys(dialect).length === 0);
      }),
      { numRuns: 500 },
    );
  });

  it.each(contentNames)("never passes in %s", (name) => {
    for (const dialect of dialects) {
      for (const told of [secret, sentence, `{"id":"${secret}"}`, `[{"text":"${sentence}"}]`]) {
        expect(textOf(read({ ...dialect, [name]: told }))).not.toContain(secret);
      }
    }
  });

  it.each(knownAttributes.filter((name) => !naming.test(name)))(
    "that a sender puts in %s in whole sentences never passes",
    (name) => {
      for (const dialect of dialects) expect(textOf(read({ ...dialect, [name]: sentence }))).not.toContain(secret);
    },
  );
});
