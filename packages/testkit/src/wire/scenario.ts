import { tokensOf, type ServiceTier, type Tokens } from "@tenantry/core";
import type { AnswerFacts, ErrorFacts, ErrorReason, RetryAfter, UsageFacts } from "./facts.ts";

/** How the bytes travel. What is "half" of a stream holds its start and at least one piece, and not its end. */
export type Delivery =
  | "whole"
  /** The request is read; nothing is ever answered. */
  | "hang"
  /** Half of the answer, then silence until the client closes. */
  | "hang-midway"
  /** The same, and the vendor goes on generating (and billing) after the client has closed. */
  | "goes-on"
  /** The request is read, then the connection is reset. */
  | "reset"
  /** Half of the answer, then the connection is gone. */
  | "broken-midway"
  /** Half of the answer, then a clean end. */
  | "ends-early"
  /** A clean end in the middle of an event. */
  | "ends-mid-event"
  /** Half of a stream, then an error event. */
  | "error-event"
  /** 200 with JSON that does not parse. */
  | "broken-json"
  /** 200 with no body. */
  | "empty"
  /** 200 with JSON of some other service. */
  | "wrong-shape"
  /** 200 with a web page. */
  | "html";

/** How a stream's bytes are cut and decorated. */
export type Framing = "plain" | "byte-by-byte" | "crlf" | "comments";

/** One situation, in no vendor's words. */
export interface Scenario {
  readonly answer: AnswerFacts;
  /** Answered instead of `answer`, or inside the stream when delivery is `error-event`. */
  readonly error: ErrorFacts | null;
  readonly delivery: Delivery;
  readonly framing: Framing;
  /** Unknown fields in every object, and an unknown event after every event. */
  readonly noise: boolean;
  /** Whether the vendor would put it on its invoice, whatever the client gets to know. */
  readonly billed: boolean;
}

/** An answer of 100 tokens in and 20 out, with some of its facts changed. */
export function answerOf(some: Partial<AnswerFacts> = {}): AnswerFacts {
  return {
    id: "answer-1",
    model: "model-asked-for",
    textPieces: ["The board ", "agreed ", "on the ", "budget."],
    reasoningPieces: [],
    refusalPieces: [],
    toolCalls: [],
    finishReason: "stop",
    usage: usageFacts({ input: 100, output: 20 }),
    ...some,
  };
}

export function usageFacts(some: Partial<Tokens>, serviceTier: ServiceTier = "standard"): UsageFacts {
  return { tokens: tokensOf(some), serviceTier };
}

export function errorOf(reason: ErrorReason, some: Partial<ErrorFacts> = {}): ErrorFacts {
  return { reason, message: `the vendor says ${reason}`, retryAfter: null, body: "vendor", ...some };
}

export function scenarioOf(some: Partial<Scenario> = {}): Scenario {
  return {
    answer: answerOf(),
    error: null,
    delivery: "whole",
    framing: "plain",
    noise: false,
    billed: true,
    ...some,
  };
}

function answering(some: Partial<AnswerFacts>): Scenario {
  return scenarioOf({ answer: answerOf(some) });
}

function using(some: Partial<Tokens>): Scenario {
  return answering({ usage: usageFacts(some) });
}

function failing(reason: ErrorReason, some: Partial<ErrorFacts> = {}): Scenario {
  return scenarioOf({ error: errorOf(reason, some), billed: false });
}

function rateLimited(retryAfter: RetryAfter | null): Scenario {
  return failing("rate-limited", { retryAfter });
}

const search = { id: "call-1", name: "search", argumentPieces: ['{"query":', '"budget', ' 2026"', "}"] };
const remember = { id: "call-2", name: "remember", argumentPieces: ['{"fact":"', "Zoë said “no”", '"}'] };

/** Every situation a chat model is judged in. */
export const scenarioNames = [
  "ok",
  "cachedTokens",
  "cacheWrites",
  "toolCall",
  "parallelToolCalls",
  "toolCallWithoutArguments",
  "reasoning",
  "refusal",
  "lengthStop",
  "filtered",
  "otherModel",
  "multibyte",
  "usageMissing",
  "usageUnreadable",
  "usageLies",
  "usageZero",
  "usageHuge",
  "invalidRequest",
  "unauthenticated",
  "outOfQuota",
  "forbidden",
  "unknownModel",
  "tooLarge",
  "unprocessable",
  "rateLimited",
  "rateLimitedSeconds",
  "rateLimitedDate",
  "rateLimitedMs",
  "rateLimitedNonsense",
  "serverError",
  "unavailable",
  "overloaded",
  "badGatewayPage",
  "billedThenServerError",
  "hang",
  "hangMidway",
  "generationGoesOn",
  "billedThenReset",
  "brokenMidway",
  "endsEarly",
  "endsMidEvent",
  "errorEvent",
  "brokenJson",
  "emptyBody",
  "wrongShape",
  "htmlAnswer",
  "byteByByte",
  "crlf",
  "comments",
  "unknownFields",
] as const;

export type ScenarioName = (typeof scenarioNames)[number];

/** Token counts are disjoint: 80 cached of 100 in is 20 + 80. */
export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  ok: scenarioOf(),
  cachedTokens: using({ input: 20, cacheRead: 80, output: 20 }),
  cacheWrites: using({ input: 10, cacheWrite5m: 60, cacheWrite1h: 30, output: 20 }),
  toolCall: answering({ textPieces: [], toolCalls: [search], finishReason: "tool-calls" }),
  parallelToolCalls: answering({ toolCalls: [search, remember], finishReason: "tool-calls" }),
  toolCallWithoutArguments: answering({
    textPieces: [],
    toolCalls: [{ id: "call-3", name: "now", argumentPieces: ["{}"] }],
    finishReason: "tool-calls",
  }),
  reasoning: answering({
    reasoningPieces: ["First ", "the budget."],
    usage: usageFacts({ input: 100, output: 15, reasoning: 5 }),
  }),
  refusal: answering({
    textPieces: [],
    refusalPieces: ["I cannot ", "help ", "with ", "that."],
    finishReason: "refusal",
  }),
  lengthStop: answering({ finishReason: "length" }),
  filtered: answering({ finishReason: "filtered" }),
  otherModel: answering({ model: "model-that-answered-2026-01-15" }),
  multibyte: answering({ textPieces: ["Zoë ", "👩‍👩‍👧 ", "naïve — ", "日本語"] }),

  usageMissing: answering({ usage: null }),
  usageUnreadable: using({ input: 100, output: -5 }),
  /** Far from what the text can have cost: the vendor's word is passed on. */
  usageLies: using({ input: 1, output: 999_999 }),
  usageZero: using({}),
  usageHuge: using({ input: 5_000_000_000, output: 6_000_000_000 }),

  invalidRequest: failing("invalid-request"),
  unauthenticated: failing("unauthenticated", { message: "Incorrect API key provided: {credential}." }),
  outOfQuota: failing("out-of-quota"),
  forbidden: failing("forbidden"),
  unknownModel: failing("unknown-model"),
  tooLarge: failing("too-large"),
  unprocessable: failing("unprocessable"),
  rateLimited: rateLimited(null),
  rateLimitedSeconds: rateLimited({ seconds: 7 }),
  rateLimitedDate: rateLimited({ dateSecondsAhead: 120 }),
  rateLimitedMs: rateLimited({ ms: 1500 }),
  rateLimitedNonsense: rateLimited({ nonsense: "soon" }),
  serverError: failing("server-error"),
  unavailable: failing("unavailable", { retryAfter: { seconds: 3 } }),
  overloaded: failing("overloaded"),
  badGatewayPage: failing("server-error", { body: "html" }),
  billedThenServerError: { ...failing("server-error"), billed: true },

  hang: scenarioOf({ delivery: "hang" }),
  hangMidway: scenarioOf({ delivery: "hang-midway" }),
  generationGoesOn: scenarioOf({ delivery: "goes-on" }),
  billedThenReset: scenarioOf({ delivery: "reset" }),
  brokenMidway: scenarioOf({ delivery: "broken-midway" }),
  endsEarly: scenarioOf({ delivery: "ends-early" }),
  endsMidEvent: scenarioOf({ delivery: "ends-mid-event" }),
  errorEvent: scenarioOf({ delivery: "error-event", error: errorOf("overloaded") }),
  brokenJson: scenarioOf({ delivery: "broken-json" }),
  emptyBody: scenarioOf({ delivery: "empty" }),
  wrongShape: scenarioOf({ delivery: "wrong-shape" }),
  htmlAnswer: scenarioOf({ delivery: "html" }),

  byteByByte: { ...answering({ textPieces: ["Zoë ", "👩‍👩‍👧 ", "naïve — ", "日本語"] }), framing: "byte-by-byte" },
  crlf: scenarioOf({ framing: "crlf" }),
  comments: scenarioOf({ framing: "comments" }),
  unknownFields: scenarioOf({ noise: true }),
};
