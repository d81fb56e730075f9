import { TenantryError, type Issue } from "@tenantry/core";
import { resolveOpenAIOptions, type OpenAIChatModelOptions, type ResolvedOpenAIOptions } from "../options.ts";

/** What `createOpenAIRelay` takes: the options of the ChatModel but its `fetch`, and what concerns connections. */
export interface OpenAIRelayOptions extends Omit<OpenAIChatModelOptions, "fetch"> {
  /** Connections open at once, one for each request under way; further requests wait. 1 to 65,535, default 1024. */
  readonly maxConnections?: number;
  /**
   * Whether the provider may keep answers in its account, which all tenants share. `off` (default) sends
   * `store: false` with every chat completion and response; `as-asked` leaves the field as the caller wrote it, which
   * also suits compatible servers that do not know it.
   */
  readonly store?: "off" | "as-asked";
}

export type ResolvedOpenAIRelayOptions = Omit<ResolvedOpenAIOptions, "fetch"> &
  Readonly<Required<Pick<OpenAIRelayOptions, "maxConnections" | "store">>>;

const mostConnections = 65_535;

/**
 * Options with their defaults.
 *
 * @throws TenantryError `invalid_configuration` with every problem at once.
 */
export function resolveOpenAIRelayOptions(options: OpenAIRelayOptions): ResolvedOpenAIRelayOptions {
  const { maxConnections = 1024, store = "off", ...shared } = options;
  const issues: Issue[] = [];
  if (!Number.isInteger(maxConnections) || maxConnections < 1 || maxConnections > mostConnections) {
    issues.push({ path: "maxConnections", message: `must be a whole number from 1 to ${mostConnections}` });
  }
  if (store !== "off" && store !== "as-asked") {
    issues.push({ path: "store", message: 'must be "off" or "as-asked"' });
  }
  try {
    const { fetch: _unused, ...resolved } = resolveOpenAIOptions(shared);
    if (issues.length === 0) return { ...resolved, maxConnections, store };
  } catch (error) {
    issues.unshift(...TenantryError.from(error).issues);
  }
  throw TenantryError.invalidConfiguration(issues);
}
