import { tokensOf, type ChatEvent, type ChatResult } from "@tenantry/core";

/** An answer with everything in it. */
export const answer: ChatResult = {
  id: "provider-1",
  model: "provider-model",
  text: "The board agreed.",
  reasoning: "",
  refusal: null,
  toolCalls: [],
  finishReason: "stop",
  usage: {
    tokens: tokensOf({ input: 10, cacheRead: 20, cacheWrite5m: 3, cacheWrite1h: 4, output: 5, reasoning: 6 }),
    fees: {},
    serviceTier: "standard",
  },
};

/** The same answer piece by piece. */
export function eventsOf(result: ChatResult): readonly ChatEvent[] {
  const parts = result.reasoningParts ?? [];
  const thinking: readonly ChatEvent[] =
    parts.length === 0
      ? piecesOf(result.reasoning).map((text) => ({ type: "reasoning", text }))
      : parts.flatMap((part): ChatEvent[] => [
          ...(part.type === "thinking" ? piecesOf(part.text) : []).map((text) => ({
            type: "reasoning" as const,
            text,
          })),
          { type: "reasoning-part", part },
        ]);
  return [
    { type: "start", id: result.id, model: result.model },
    ...thinking,
    ...piecesOf(result.text).map((text) => ({ type: "text" as const, text })),
    ...piecesOf(result.refusal ?? "").map((text) => ({ type: "refusal" as const, text })),
    ...result.toolCalls.flatMap(({ id, name, argumentsJson }, index): ChatEvent[] => [
      { type: "tool-call", index, id, name, argumentsJson: "" },
      ...piecesOf(argumentsJson).map((piece) => ({ type: "tool-call" as const, index, argumentsJson: piece })),
    ]),
    ...(result.usage === null ? [] : [{ type: "usage" as const, usage: result.usage }]),
    { type: "end", finishReason: result.finishReason },
  ];
}

function piecesOf(text: string): readonly string[] {
  return text.match(/[\s\S]{1,4}/g) ?? [];
}

export const twoCalls: ChatResult = {
  ...answer,
  text: "Let me see.",
  toolCalls: [
    { id: "call_a", name: "weather", argumentsJson: '{"city":"Zürich"}' },
    { id: "call_b", name: "now", argumentsJson: "{}" },
  ],
  finishReason: "tool-calls",
};

export const thoughtful: ChatResult = {
  ...answer,
  reasoning: "Hm, hm.",
  reasoningParts: [
    { type: "thinking", text: "Hm, hm.", signature: "RXE=" },
    { type: "redacted", data: "EmwK" },
  ],
};

export const refused: ChatResult = { ...answer, text: "", refusal: "I can't help with that.", finishReason: "refusal" };
export const silentRefusal: ChatResult = { ...answer, text: "", refusal: null, finishReason: "refusal" };
export const cut: ChatResult = { ...answer, text: "The board ag", finishReason: "length" };
export const filtered: ChatResult = { ...answer, text: "The board ag", finishReason: "filtered" };
export const ended: ChatResult = { ...answer, finishReason: "other" };
export const unmeasured: ChatResult = { ...answer, usage: null };

/** By name, for tables. */
export const answers = {
  answer,
  twoCalls,
  thoughtful,
  refused,
  silentRefusal,
  cut,
  filtered,
  ended,
  unmeasured,
} as const;
export type AnswerName = keyof typeof answers;
export const answerNames: readonly AnswerName[] = Object.keys(answers) as AnswerName[];
