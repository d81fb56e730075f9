import { TenantryError, type ErrorCode, type UpstreamFailure, type Usage } from "@tenantry/core";
import { objectOf, textOf } from "./json-object.ts";

/** An answer that is an error, as it came over the wire. */
export interface OpenAIErrorAnswer {
  /** HTTP status, 300–599. */
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** The body as JSON, or as text when it is none. */
  readonly body: unknown;
}

/** What a translation needs to know besides the error itself. */
export interface ErrorContext {
  /** The name used in `provider/model`. */
  readonly provider: string;
  /** The key and whatever else must not be shown: taken out of every message, because providers echo it. */
  readonly secrets: readonly string[];
  /** What the provider had reported before it failed. */
  readonly usage?: Usage | null;
}

type Fault = UpstreamFailure["fault"];

/**
 * An error answer as our error: code `upstream_error`, kind `refused` (4xx), `server-error` (5xx) or `malformed` (a
 * redirect nobody followed). Only the caller's own faults keep the provider's words in the public message.
 *
 * https://developers.openai.com/api/docs/guides/error-codes
 */
export function translateOpenAIError(answer: OpenAIErrorAnswer, context: ErrorContext): TenantryError {
  const { status, headers } = answer;
  const { code, type, message } = readError(answer.body);
  const fault = isAccountProblem(code, type) ? "account" : faultOfStatus(status);
  const facts: FailureFacts = {
    kind: status >= 500 ? "server-error" : status >= 400 ? "refused" : "malformed",
    status,
    providerCode: code,
    requestId: headers.get("x-request-id"),
    retryAfterMs: readRetryAfterMs(headers, Date.now()),
    fault,
    message: `answered ${status}${message === "" ? "" : `: ${message}`}`,
  };
  return toTenantryError(facts, context);
}

/**
 * An `{"error": …}` that came with status 200: as a chunk of a stream, or as the whole body. Whatever it says, the
 * provider had begun to work, so its kind is `server-error`. `answer` is what it came in.
 */
export function translateOpenAIErrorChunk(
  body: unknown,
  answer: Pick<OpenAIErrorAnswer, "status" | "headers">,
  context: ErrorContext,
): TenantryError {
  const { code, type, message } = readError(body);
  const facts: FailureFacts = {
    kind: "server-error",
    status: answer.status,
    providerCode: code,
    requestId: answer.headers.get("x-request-id"),
    retryAfterMs: null,
    fault: isAccountProblem(code, type) ? "account" : type === "invalid_request_error" ? "caller" : "provider",
    message: `stopped answering: ${message === "" ? (code ?? "no reason given") : message}`,
  };
  return toTenantryError(facts, context);
}

/** A failure, apart from whose it is and what it cost. */
export interface FailureFacts extends Omit<UpstreamFailure, "provider" | "usage"> {
  /** Default `upstream_error`. */
  readonly code?: ErrorCode;
  /** What happened, to follow the provider's name. */
  readonly message: string;
}

/** The error for a failure, with secrets taken out of its message. What is the provider's fault may be gone later. */
export function toTenantryError(facts: FailureFacts, context: ErrorContext): TenantryError {
  const { code = "upstream_error", message: words, ...upstream } = facts;
  const { provider, secrets, usage = null } = context;
  const message = `${provider} ${withoutSecrets(words, secrets)}`;
  return new TenantryError(code, message, {
    publicMessage: publicMessage(facts, message),
    retryable: facts.fault === "provider",
    ...(facts.retryAfterMs === null ? {} : { retryAfterMs: facts.retryAfterMs }),
    upstream: { ...upstream, provider, usage },
  });
}

function publicMessage({ fault, status, kind, code }: FailureFacts, message: string): string {
  if (code === "cancelled") return "the caller gave up";
  if (fault === "caller") return withoutAccount(message);
  if (fault === "account") return "the model provider did not accept this installation's account";
  if (kind === "timeout") return "the model provider did not answer in time";
  return status === 429 ? "the model provider is at its rate limit" : "the model provider failed";
}

/** Longest part of a provider's words that is repeated. */
const longestWords = 500;

/** Takes out the secrets and whatever looks like a key of this vendor, which it echoes half hidden by asterisks. */
function withoutSecrets(words: string, secrets: readonly string[]): string {
  let text = words;
  for (const secret of secrets) if (secret !== "") text = text.replaceAll(secret, "[secret]");
  return text.replaceAll(/\bsk-[\w*-]{6,}/g, "[secret]").slice(0, longestWords);
}

/** Ids of the vendor's account, which are the operator's business alone. */
function withoutAccount(words: string): string {
  return words.replaceAll(/\b(?:org|proj|acct)[-_][\w-]+/gi, "[account]");
}

/** OpenAI's `{"error": {message, type, param, code}}`; compatible servers have numbers as codes, or text as the error. */
function readError(body: unknown): { code: string | null; type: string; message: string } {
  const inner = objectOf(body)["error"];
  if (typeof inner === "string") return { code: null, type: "", message: inner };
  const error = objectOf(inner);
  const type = textOf(error["type"]);
  const code = typeof error["code"] === "number" ? String(error["code"]) : textOf(error["code"]);
  return { code: code || type || null, type, message: textOf(error["message"]) };
}

function faultOfStatus(status: number): Fault {
  if (status === 401 || status === 402 || status === 403 || status === 407) return "account";
  if (status === 408 || status === 409 || status === 425 || status === 429 || status >= 500) return "provider";
  return status >= 400 ? "caller" : "provider";
}

const accountCodes: ReadonlySet<string> = new Set([
  "insufficient_quota",
  "credit_balance_exhausted",
  "billing_hard_limit_reached",
  "billing_not_active",
  "account_deactivated",
  "invalid_api_key",
  "invalid_organization",
]);

/** An exhausted quota comes as 429, told apart from a rate limit by its code or its type. */
function isAccountProblem(code: string | null, type: string): boolean {
  return accountCodes.has(type) || (code !== null && accountCodes.has(code));
}

/** `retry-after-ms`, or `retry-after` in seconds or as a date; null when neither says anything readable. */
export function readRetryAfterMs(headers: OpenAIErrorAnswer["headers"], nowMs: number): number | null {
  const ms = readDecimal(headers.get("retry-after-ms"));
  if (ms !== null) return Math.round(ms);
  const retryAfter = headers.get("retry-after");
  const seconds = readDecimal(retryAfter);
  if (seconds !== null) return Math.round(seconds * 1000);
  const at = Date.parse(retryAfter ?? "");
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}

function readDecimal(text: string | null): number | null {
  return text !== null && /^\s*\d{1,12}(\.\d+)?\s*$/.test(text) ? Number(text) : null;
}
