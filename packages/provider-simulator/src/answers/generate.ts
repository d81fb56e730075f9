import type { GenerationRequest } from "../prompt/generation-request.ts";
import type { Piece } from "../prompt/tokenizer.ts";
import { joinPieces, sumTokens, takeTokens, toPieces } from "../prompt/tokenizer.ts";
import { minimalJson } from "./minimal-json.ts";
import { plainAnswer } from "./plain-answer.ts";
import { planToolCalls } from "./plan-tool-calls.ts";
import { isMeetingPrompt, summariseMeeting } from "../summary/summarise-meeting.ts";

export type FinishReason = "stop" | "stop-sequence" | "length" | "tool-calls" | "refusal";

export interface GeneratedToolCall {
  readonly name: string;
  /** Billed with the first sight of the call. */
  readonly nameTokens: number;
  readonly pieces: readonly Piece[];
  /** JSON text, cut short when the token limit was reached. */
  readonly arguments: string;
}

/** One generated answer with the tokens it took. */
export interface GeneratedChoice {
  readonly reasoningTokens: number;
  readonly pieces: readonly Piece[];
  readonly text: string;
  readonly toolCalls: readonly GeneratedToolCall[];
  readonly finish: FinishReason;
  readonly stopSequence: string | null;
  /** Visible tokens: text and tool calls, without reasoning. */
  readonly outputTokens: number;
}

/** What a fault may ask of an answer. */
export interface AnswerChanges {
  readonly refusal: boolean;
  /** Cut to half its length as if a token limit had been reached. */
  readonly cutShort: boolean;
}

const refusalText = "I'm sorry, but I can't help with that request.";

function writeText(request: GenerationRequest): string {
  switch (request.format.kind) {
    case "json-schema":
      return JSON.stringify(minimalJson(request.format.schema));
    case "json-object":
      return JSON.stringify({ answer: plainAnswer(request.lastUserText) });
    case "text":
      return isMeetingPrompt(request.lastUserText)
        ? summariseMeeting(request.lastUserText)
        : plainAnswer(request.lastUserText);
  }
}

function cutAtStop(text: string, stops: readonly string[]): { text: string; stop: string | null } {
  let at = text.length;
  let found: string | null = null;
  for (const stop of stops) {
    const index = stop === "" ? -1 : text.indexOf(stop);
    if (index < 0 || index >= at) continue;
    at = index;
    found = stop;
  }
  return { text: text.slice(0, at), stop: found };
}

interface Draft {
  readonly pieces: readonly Piece[];
  readonly toolCalls: readonly GeneratedToolCall[];
  readonly finish: FinishReason;
  readonly stopSequence: string | null;
}

function draft(request: GenerationRequest, refusal: boolean): Draft {
  const { encoding } = request.model.card;
  const none = { pieces: [], toolCalls: [], stopSequence: null };
  if (refusal) return { ...none, pieces: toPieces(refusalText, encoding), finish: "refusal" };
  const planned = planToolCalls(request);
  if (planned.length > 0) {
    const toolCalls = planned.map((call) => ({
      name: call.name,
      nameTokens: sumTokens(toPieces(call.name, encoding)),
      pieces: toPieces(call.arguments, encoding),
      arguments: call.arguments,
    }));
    return { ...none, toolCalls, finish: "tool-calls" };
  }
  const { text, stop } = cutAtStop(writeText(request), request.stop);
  const finish = stop === null ? "stop" : "stop-sequence";
  return { ...none, pieces: toPieces(text, encoding), finish, stopSequence: stop };
}

function visibleTokens({ pieces, toolCalls }: Pick<Draft, "pieces" | "toolCalls">): number {
  return toolCalls.reduce((sum, call) => sum + call.nameTokens + sumTokens(call.pieces), sumTokens(pieces));
}

function cutToolCalls(calls: readonly GeneratedToolCall[], limit: number): GeneratedToolCall[] {
  const kept: GeneratedToolCall[] = [];
  let left = limit;
  for (const call of calls) {
    if (left <= 0) break;
    const nameTokens = Math.min(call.nameTokens, left);
    const pieces = takeTokens(call.pieces, left - nameTokens);
    left -= nameTokens + sumTokens(pieces);
    kept.push({ name: call.name, nameTokens, pieces, arguments: joinPieces(pieces) });
  }
  return kept;
}

function cutToLimit(whole: Draft, limit: number): Draft {
  if (visibleTokens(whole) <= limit) return whole;
  const pieces = takeTokens(whole.pieces, limit);
  const toolCalls = cutToolCalls(whole.toolCalls, limit - sumTokens(pieces));
  return { pieces, toolCalls, finish: "length", stopSequence: null };
}

function toChoice(whole: Draft, request: GenerationRequest, limit: number): GeneratedChoice {
  const reasoningTokens = Math.min(request.reasoningTokens, limit);
  const kept = cutToLimit(whole, limit - reasoningTokens);
  const outputTokens = visibleTokens(kept);
  return { ...kept, reasoningTokens, text: joinPieces(kept.pieces), outputTokens };
}

/**
 * Writes the choices of an answer. The same request always gets the same answer; the token limit counts
 * reasoning and is met to the token.
 */
export function generate(request: GenerationRequest, changes: AnswerChanges): GeneratedChoice[] {
  const whole = draft(request, changes.refusal);
  const { maxOutputTokens: cardLimit } = request.model.card;
  let limit = Math.min(request.maxOutputTokens ?? cardLimit, cardLimit);
  if (changes.cutShort) {
    const half = Math.max(1, Math.floor(visibleTokens(whole) / 2));
    limit = Math.min(limit, request.reasoningTokens + half);
  }
  const choice = toChoice(whole, request, limit);
  return Array.from({ length: request.choices }, () => choice);
}
