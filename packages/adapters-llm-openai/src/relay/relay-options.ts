import { TenantryError, type Issue } from "@tenantry/core";
import { resolveOpenAIOptions, type OpenAIChatModelOptions, type ResolvedOpenAIOptions } from "../options.ts";

/** What `createOpenAIRelay` takes: the options of the ChatModel but its `fetch`, and what concerns connections. */
export interface OpenAIRelayOptions extends Omit<OpenAIChatModelOptions, "fetch"> {
  /** Connections open at once, one for each request under way; further requests wait. 1 to 65,535, default 1024. */
  readonly maxConnections?: number;
}

export type ResolvedOpenAIRelayOptions = Omit<ResolvedOpenAIOptions, "fetch"> &
  Readonly<Required<Pick<OpenAIRelayOptions, "maxConnections">>>;

const mostConnections = 65_535;

/**
 * Options with their defaults.
 *
 * @throws TenantryError `invalid_configuration` with every problem at once.
 */
export function resolveOpenAIRelayOptions(options: OpenAIRelayOptions): ResolvedOpenAIRelayOptions {
  const { maxConnections = 1024, ...shared } = options;
  const issues: Issue[] = [];
  if (!Number.isInteger(maxConnections) || maxConnections < 1 || maxConnections > mostConnections) {
    issues.push({ path: "maxConnections", message: `must be a whole number from 1 to ${mostConnections}` });
  }
  try {
    const { fetch: _unused, ...resolved } = resolveOpenAIOptions(shared);
    if (issues.length === 0) return { ...resolved, maxConnections };
  } catch (error) {
    issues.unshift(...TenantryError.from(error).issues);
  }
  throw TenantryError.invalidConfiguration(issues);
}
