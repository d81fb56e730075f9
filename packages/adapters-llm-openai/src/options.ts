import { TenantryError, type Issue } from "@tenantry/core";

/** What `createOpenAIChatModel` takes. */
export interface OpenAIChatModelOptions {
  /** Sent as `Authorization: Bearer …`. Never logged and never part of an error. */
  readonly apiKey: string;
  /** Address with the version, with or without a trailing slash. Default `https://api.openai.com/v1`. */
  readonly baseUrl?: string;
  /** The name used in `provider/model`, without a slash. Default `openai`; give any compatible server its own. */
  readonly provider?: string;
  /** Sent as `OpenAI-Organization`. Default: the key's own. */
  readonly organization?: string;
  /** Sent as `OpenAI-Project`. Default: the key's own. */
  readonly project?: string;
  /**
   * Longest wait for the answer to begin, ms, 1 to 2,147,483,647. Default 600,000. The limit of the whole attempt is the
   * signal of `SendOptions`.
   */
  readonly timeoutMs?: number;
  /** Sent with every request, after ours: a name given here replaces ours. Their values are kept out of errors. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The field of the output limit. Default `max_completion_tokens`; many compatible servers know only `max_tokens`. */
  readonly maxTokensField?: "max_completion_tokens" | "max_tokens";
  /** Sends the requests. Default the platform's `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
}

export type ResolvedOpenAIOptions = Readonly<
  Required<Omit<OpenAIChatModelOptions, "organization" | "project">> & {
    organization: string | null;
    project: string | null;
  }
>;

/** Longest delay of the platform's timers; a longer one fires at once. */
const longestTimerMs = 2_147_483_647;

/**
 * Options with their defaults.
 *
 * @throws TenantryError `invalid_configuration` with every problem at once.
 */
export function resolveOpenAIOptions(options: OpenAIChatModelOptions): ResolvedOpenAIOptions {
  const resolved: ResolvedOpenAIOptions = {
    // A key read from a file ends in a line break, which no header may hold.
    apiKey: typeof options.apiKey === "string" ? options.apiKey.trim() : options.apiKey,
    baseUrl: options.baseUrl ?? "https://api.openai.com/v1",
    provider: options.provider ?? "openai",
    organization: options.organization ?? null,
    project: options.project ?? null,
    timeoutMs: options.timeoutMs ?? 600_000,
    headers: options.headers ?? {},
    maxTokensField: options.maxTokensField ?? "max_completion_tokens",
    // Looked up at each call, so that a fetch patched later (tests, tracing) is the one used.
    fetch: options.fetch ?? (async (input, init) => await globalThis.fetch(input, init)),
  };
  const issues = issuesOf(resolved);
  if (issues.length > 0) throw TenantryError.invalidConfiguration(issues);
  return resolved;
}

function issuesOf(options: ResolvedOpenAIOptions): readonly Issue[] {
  const issues: Issue[] = [];
  const { apiKey, baseUrl, provider, organization, project, timeoutMs, headers, maxTokensField } = options;
  if (typeof apiKey !== "string" || apiKey === "" || !isHeader("authorization", `Bearer ${apiKey}`)) {
    issues.push({ path: "apiKey", message: "must be a key that can be sent in a header" });
  }
  if (!["http:", "https:"].includes(URL.parse(baseUrl)?.protocol ?? "")) {
    issues.push({ path: "baseUrl", message: "must be an http or https address" });
  }
  if (typeof provider !== "string" || provider === "" || provider.includes("/")) {
    issues.push({ path: "provider", message: "must be a name without a slash" });
  }
  if (organization !== null && !isHeader("openai-organization", organization)) {
    issues.push({ path: "organization", message: "cannot be sent as a header" });
  }
  if (project !== null && !isHeader("openai-project", project)) {
    issues.push({ path: "project", message: "cannot be sent as a header" });
  }
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > longestTimerMs) {
    issues.push({ path: "timeoutMs", message: `must be a whole number from 1 to ${longestTimerMs}` });
  }
  for (const [name, value] of Object.entries(headers)) {
    if (!isHeader(name, value)) issues.push({ path: `headers.${name}`, message: "cannot be sent as a header" });
  }
  if (maxTokensField !== "max_completion_tokens" && maxTokensField !== "max_tokens") {
    issues.push({ path: "maxTokensField", message: 'must be "max_completion_tokens" or "max_tokens"' });
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
