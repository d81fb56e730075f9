import type { TokenCounts } from "../billing/token-counts.ts";
import { noTokens } from "../billing/token-counts.ts";
import type { GeneratedChoice } from "../answers/generate.ts";
import type { StreamFrame } from "./send-stream.ts";

/** What a fault changes about the work itself. */
export interface WorkChanges {
  readonly otherModel: string | null;
  readonly refusal: boolean;
  readonly cutShort: boolean;
  readonly cachedTokens: number;
  readonly usage: "true" | "missing" | { readonly factor: number };
}

export const noChanges: WorkChanges = {
  otherModel: null,
  refusal: false,
  cutShort: false,
  cachedTokens: 0,
  usage: "true",
};

/** Finished work: generated, counted, not yet sent. */
export interface Work {
  readonly responseId: string | null;
  /** The family whose prices apply. */
  readonly billedFamily: string;
  /** The name on the invoice and in the answer. */
  readonly modelName: string;
  /** What was generated. The invoice is made from this and never from what is reported. */
  readonly billed: TokenCounts;
  /** Visible output tokens, as the stream's frames carry them. */
  readonly visibleTokens: number;
  /** The whole answer as JSON text. */
  json(): string;
  /** The answer as events; `null` when the caller asked for no stream. */
  readonly frames: (() => Iterable<StreamFrame>) | null;
}

/** What is billed when the caller left after so many visible tokens: reasoning came before the first. */
export function billedSoFar(work: Work, sentTokens: number, sentEvents: number): TokenCounts {
  const { billed } = work;
  if (sentEvents === 0) return { ...billed, output: 0, reasoning: 0 };
  return { ...billed, output: Math.min(billed.output, sentTokens) };
}

/** The tokens of some choices that answer one prompt. */
export function countAnswer(input: TokenCounts, choices: readonly GeneratedChoice[]): TokenCounts {
  return choices.reduce(
    (sum, choice) => ({
      ...sum,
      output: sum.output + choice.outputTokens,
      reasoning: sum.reasoning + choice.reasoningTokens,
    }),
    { ...noTokens, ...input },
  );
}
