import { TenantryError, type Issue } from "@tenantry/core";

/** What `createAnthropicChatModel` takes. Neither the key nor the address is read from the environment. */
export interface AnthropicChatModelOptions {
  /** Sent as `Authorization: Bearer …`. Never logged and never part of an error. */
  readonly apiKey: string;
  /** Address without `/v1`, which is added. Default `https://api.anthropic.com`. */
  readonly baseUrl?: string;
  /** The name used in `provider/model`, without a slash. Default `anthropic`. */
  readonly provider?: string;
  /**
   * Longest wait for the answer to begin, ms, 1 to 2,147,483,647. Default 600,000. The limit of the whole attempt is the
   * signal of `SendOptions`.
   */
  readonly timeoutMs?: number;
  /** Sent with every request, after ours: a name given here replaces ours. Their values are kept out of errors. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends the requests. Default the platform's `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
}

export type ResolvedAnthropicOptions = Required<AnthropicChatModelOptions>;

/** Longest delay of the platform's timers; a longer one fires at once. */
const longestTimerMs = 2_147_483_647;

/**
 * Options with their defaults.
 *
 * @throws TenantryError `invalid_configuration` with every problem at once.
 */
export function resolveAnthropicOptions(options: AnthropicChatModelOptions): ResolvedAnthropicOptions {
  const resolved: ResolvedAnthropicOptions = {
    apiKey: options.apiKey,
    baseUrl: options.baseUrl ?? "https://api.anthropic.com",
    provider: options.provider ?? "anthropic",
    timeoutMs: options.timeoutMs ?? 600_000,
    headers: options.headers ?? {},
    // Looked up at each call, so that a fetch patched later (tests, tracing) is the one used.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  };
  const issues = issuesOf(resolved);
  if (issues.length > 0) throw TenantryError.invalidConfiguration(issues);
  return resolved;
}

function issuesOf(options: ResolvedAnthropicOptions): readonly Issue[] {
  const issues: Issue[] = [];
  const { apiKey, baseUrl, provider, timeoutMs, headers } = options;
  if (typeof apiKey !== "string" || !isHeader("authorization", `Bearer ${apiKey}`) || apiKey.trim() === "") {
    issues.push({ path: "apiKey", message: "must be a key that can be sent in a header" });
  }
  if (!["http:", "https:"].includes(URL.parse(baseUrl)?.protocol ?? "")) {
    issues.push({ path: "baseUrl", message: "must be an http or https address" });
  }
  if (provider === "" || provider.includes("/")) {
    issues.push({ path: "provider", message: "must be a name without a slash" });
  }
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > longestTimerMs) {
    issues.push({ path: "timeoutMs", message: `must be a whole number from 1 to ${longestTimerMs}` });
  }
  for (const [name, value] of Object.entries(headers)) {
    if (!isHeader(name, value)) issues.push({ path: `headers.${name}`, message: "cannot be sent as a header" });
  }
  return issues;
}

function isHeader(name: string, value: string): boolean {
  try {
    new Headers([[name, value]]);
    return typeof value === "string";
  } catch {
    return false;
  }
}
