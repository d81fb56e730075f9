import { TenantryError, type ErrorCode, type UpstreamFailure, type Usage } from "@tenantry/core";
import { isJsonObject, textOf } from "./json-object.ts";

/** An answer that is an error, as it came over the wire. */
export interface AnthropicErrorAnswer {
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
 * https://platform.claude.com/docs/en/api/errors
 */
export function translateAnthropicError(answer: AnthropicErrorAnswer, context: ErrorContext): TenantryError {
  const { status, headers } = answer;
  const { type, code, message } = readError(answer.body);
  const facts: FailureFacts = {
    kind: status >= 500 ? "server-error" : status >= 400 ? "refused" : "malformed",
    status,
    providerCode: code,
    requestId: headers.get("request-id"),
    retryAfterMs: retryAfterMs(headers),
    fault: isAccountProblem(type, code, message) ? "account" : faultOfStatus(status),
    message: `answered ${status}${message === "" ? "" : `: ${message}`}`,
  };
  return toTenantryError(facts, context);
}

/**
 * An `error` event in the middle of a stream. Whatever its type, the provider had begun to work, so its kind is
 * `server-error`. `answer` is what came before the stream.
 *
 * https://platform.claude.com/docs/en/build-with-claude/streaming#error-events
 */
export function translateAnthropicErrorEvent(
  body: unknown,
  answer: Pick<AnthropicErrorAnswer, "status" | "headers">,
  context: ErrorContext,
): TenantryError {
  const { type, code, message } = readError(body);
  const facts: FailureFacts = {
    kind: "server-error",
    status: answer.status,
    providerCode: code,
    requestId: answer.headers.get("request-id"),
    retryAfterMs: null,
    fault: isAccountProblem(type, code, message) ? "account" : type === "invalid_request_error" ? "caller" : "provider",
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

/** The error for a failure, with all secrets taken out of its message. What is the provider's fault may be gone later. */
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

function publicMessage({ fault, status, kind }: FailureFacts, message: string): string {
  if (kind === "aborted") return "the caller gave up";
  if (fault === "caller") return withoutAccount(message);
  if (fault === "account") return "the model provider did not accept this installation's account";
  if (kind === "timeout") return "the model provider did not answer in time";
  return status === 429 ? "the model provider is at its rate limit" : "the model provider failed";
}

/** Longest part of a provider's words that is repeated. */
const longestWords = 500;

/** Takes out the secrets and whatever looks like a key of this vendor. */
function withoutSecrets(words: string, secrets: readonly string[]): string {
  let text = words;
  for (const secret of secrets) if (secret !== "") text = text.replaceAll(secret, "[secret]");
  return text.replaceAll(/sk-ant-[\w-]+/g, "[secret]").slice(0, longestWords);
}

/** Ids of the vendor's account, which are the operator's business alone; its organizations have UUIDs. */
function withoutAccount(words: string): string {
  return words
    .replaceAll(/\b(?:org|proj|acct|wrkspc|apikey)[-_][\w-]+/gi, "[account]")
    .replaceAll(/\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/gi, "[account]");
}

function readError(body: unknown): { type: string; code: string | null; message: string } {
  const error = isJsonObject(body) && isJsonObject(body["error"]) ? body["error"] : {};
  const details = isJsonObject(error["details"]) ? error["details"] : {};
  const type = textOf(error["type"]);
  const code = textOf(details["error_code"]) || type || null;
  return { type, code, message: textOf(error["message"]) };
}

function faultOfStatus(status: number): Fault {
  if (status === 401 || status === 402 || status === 403 || status === 407) return "account";
  if (status === 408 || status === 409 || status === 429 || status >= 500) return "provider";
  return status >= 400 ? "caller" : "provider";
}

const accountCodes: ReadonlySet<string> = new Set([
  "authentication_error",
  "permission_error",
  "billing_error",
  "contract_spend_limit_reached",
  "enforced_spend_limit_reached",
  "organization_on_hold",
]);

/** An exhausted balance comes as 400 `invalid_request_error`, told apart by nothing but its words. */
function isAccountProblem(type: string, code: string | null, message: string): boolean {
  return (
    accountCodes.has(type) || (code !== null && accountCodes.has(code)) || /credit balance is too low/i.test(message)
  );
}

/** `retry-after-ms`, or `retry-after` in seconds or as a date; null when neither says anything readable. */
function retryAfterMs(headers: AnthropicErrorAnswer["headers"]): number | null {
  const ms = readDecimal(headers.get("retry-after-ms"));
  if (ms !== null) return Math.round(ms);
  const retryAfter = headers.get("retry-after");
  const seconds = readDecimal(retryAfter);
  if (seconds !== null) return Math.round(seconds * 1000);
  // The platform takes almost anything for a date, also "-7".
  const at = retryAfter?.endsWith(" GMT") === true ? Date.parse(retryAfter) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

function readDecimal(text: string | null): number | null {
  return text !== null && /^\s*\d{1,12}(\.\d+)?\s*$/.test(text) ? Number(text) : null;
}
