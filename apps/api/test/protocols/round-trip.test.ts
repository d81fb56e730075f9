import { openWireServer, type WireRequest, type WireServer } from "@tenantry/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pixel, parameters, schema } from "./examples/example.ts";
import { answerBy, openInstallation, type Installation } from "./installation.ts";
import { meaningOfChat, meaningOfMessage, type Meaning, type Turn } from "./meaning.ts";
import { openTalk, type Talk } from "./support.ts";
import { writeChat, writeMessage, writeResponse } from "./write-meaning.ts";

const chatAnswer = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-4o-mini",
  choices: [{ index: 0, message: { role: "assistant", content: "ok", refusal: null }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};

const messageAnswer = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-haiku-4-5",
  content: [{ type: "text", text: "ok" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
};

const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((text) => text.trim() !== "");
const name = fc.constantFrom("weather", "now", "find_minutes");
const image = fc.constantFrom("https://images.example/a.png", `data:image/png;base64,${pixel}`);

const userTurn = fc
  .record({ text: words, images: fc.array(image, { maxLength: 2 }) })
  .map((said): Turn => ({ role: "user", calls: [], answers: null, ...said }));

const input = fc.dictionary(fc.constantFrom("city", "day", "n"), fc.oneof(words, fc.integer(), fc.boolean()), {
  noNullPrototype: true,
});

/** An assistant's turn, with the results of its calls behind it. */
function assistantTurns(at: number): fc.Arbitrary<readonly Turn[]> {
  return fc
    .record({
      text: words,
      silent: fc.boolean(),
      calls: fc.array(fc.record({ name, input, result: words }), { maxLength: 3 }),
    })
    .map(({ text, silent, calls }) => {
      const named = calls.map((call, n) => ({ id: `call_${at}_${n}`, ...call }));
      const said = silent && calls.length > 0 ? "" : text;
      return [
        {
          role: "assistant",
          text: said,
          images: [],
          calls: named.map(({ id, name: tool, input: given }) => ({ id, name: tool, input: given })),
          answers: null,
        },
        ...named.map(({ id, result }): Turn => ({ role: "tool", text: result, images: [], calls: [], answers: id })),
      ] as const;
    });
}

const turns = fc
  .nat({ max: 2 })
  .chain((rounds) =>
    fc.tuple(...Array.from({ length: rounds }, (_, at) => fc.tuple(userTurn, assistantTurns(at))), userTurn),
  )
  .map((parts) => parts.flat(2) as readonly Turn[]);

const tools = fc
  .uniqueArray(fc.record({ name, description: words }), { selector: (tool) => tool.name, maxLength: 3 })
  .map((list) => list.map((tool) => ({ ...tool, parameters })));

/** One tool at a time is part of a choice in one of the protocols, where saying nothing means `auto`. */
function choicesAmong(tool: string | undefined): {
  readonly [Name in "toolChoice" | "oneToolAtATime"]: fc.Arbitrary<Meaning[Name]>;
} {
  if (tool === undefined) return { toolChoice: fc.constant(null), oneToolAtATime: fc.constant(false) };
  return {
    toolChoice: fc.constantFrom<Meaning["toolChoice"]>("auto", "required", { name: tool }),
    oneToolAtATime: fc.boolean(),
  };
}

const meanings: fc.Arbitrary<Meaning> = tools.chain((list) =>
  fc.record({
    system: fc
      .array(fc.constantFrom("Be brief.", "Sei höflich.", "簡潔に。"), { maxLength: 2 })
      .map((texts) => texts.join("\n\n")),
    turns,
    tools: fc.constant(list),
    ...choicesAmong(list[0]?.name),
    limit: fc.integer({ min: 1, max: 4096 }),
    temperature: fc.constantFrom(null, 0, 0.25, 1),
    schema: fc.constantFrom(null, schema),
    endUser: fc.constantFrom(null, "user-1"),
  }),
);

const callers: readonly { readonly name: string; send(talk: Talk, meaning: Meaning): PromiseLike<unknown> }[] = [
  {
    name: "OpenAI's chat completions",
    send: ({ openai }, meaning) => openai.chat.completions.create(writeChat(meaning)),
  },
  { name: "OpenAI's responses", send: ({ openai }, meaning) => openai.responses.create(writeResponse(meaning)) },
  { name: "Anthropic's messages", send: ({ anthropic }, meaning) => anthropic.messages.create(writeMessage(meaning)) },
];

const providers: readonly { readonly name: string; readonly model: string; read(body: unknown): Meaning }[] = [
  { name: "OpenAI", model: "openai/gpt-4o-mini", read: meaningOfChat },
  { name: "Anthropic", model: "anthropic/claude-haiku-4-5", read: meaningOfMessage },
];

describe("a request means the same to the provider as to the caller", () => {
  let wire: WireServer;
  let installation: Installation;

  beforeAll(async () => {
    wire = await openWireServer();
    wire.play((request: WireRequest) => [
      { type: "head", status: 200, headers: { "content-type": "application/json" } },
      { type: "bytes", bytes: JSON.stringify(request.path.endsWith("/messages") ? messageAnswer : chatAnswer) },
    ]);
    installation = await openInstallation({ openai: wire.origin, anthropic: wire.origin });
  });

  afterAll(async () => {
    await installation.close();
    await wire.close();
  });

  const pairs = callers.flatMap((caller) => providers.map((provider) => ({ caller, provider })));

  it.each(pairs)("$caller.name to $provider.name", async ({ caller, provider }) => {
    const talk = await openTalk((call) => answerBy(installation, provider.model, call));
    await fc.assert(
      fc.asyncProperty(meanings, async (meaning) => {
        await caller.send(talk, meaning);
        expect(provider.read(wire.requests.at(-1)?.body)).toEqual(meaning);
      }),
      { numRuns: 40 },
    );
  });
});
