import { type Issue, TenantryError } from "@tenantry/core";
import { anthropicProtocol } from "./protocols/anthropic-protocol.ts";
import { openAIProtocol } from "./protocols/openai-protocol.ts";
import type { Protocol } from "./protocols/protocol.ts";

/** Addresses at which clients are pointed, as they take them, beside the vendors' own. */
export interface BaseUrls {
  readonly openai?: readonly string[];
  readonly anthropic?: readonly string[];
}

/** A request that is metered. */
export interface Route {
  readonly protocol: Protocol;
  readonly operation: string;
}

export interface Routes {
  /** Null where nothing is metered. */
  find(method: string, url: URL): Route | null;
  /** In whose envelope a request that is not metered is told so. */
  protocolFor(url: URL, headers: Headers): Protocol;
}

/** @throws TenantryError `invalid_configuration` with every address that is none. */
export function createRoutes(more: BaseUrls): Routes {
  const issues: Issue[] = [];
  const routes = new Map<string, Route>();
  const bases: { readonly href: string; readonly protocol: Protocol }[] = [];
  for (const protocol of [openAIProtocol, anthropicProtocol]) {
    const name = protocol.name as keyof BaseUrls;
    for (const [index, baseUrl] of [protocol.baseUrl, ...(more[name] ?? [])].entries()) {
      const url = URL.parse(baseUrl);
      if (url === null || !/^https?:$/.test(url.protocol)) {
        issues.push({ path: `baseUrls.${name}[${index - 1}]`, message: "must be an http or https address" });
        continue;
      }
      const href = addressOf(url).replace(/\/+$/, "");
      bases.push({ href, protocol });
      for (const [path, operation] of Object.entries(protocol.operations)) {
        routes.set(href + path, { protocol, operation });
      }
    }
  }
  if (issues.length > 0) throw TenantryError.invalidConfiguration(issues);
  return {
    find: (method, url) => (method === "POST" ? (routes.get(addressOf(url)) ?? null) : null),
    protocolFor(url, headers) {
      const address = addressOf(url);
      const base = bases.find(({ href }) => address.startsWith(`${href}/`));
      if (base !== undefined) return base.protocol;
      return headers.has("anthropic-version") ? anthropicProtocol : openAIProtocol;
    },
  };
}

/** What of an address says where it leads, without credentials and query. */
export function addressOf({ origin, pathname }: URL): string {
  return origin + pathname;
}
