import type { SpanClaims } from "@tenantry/core";
import type { Attributes } from "./decoded-span.ts";
import { textOf } from "./read-attributes.ts";
import { toClaims } from "./to-claims.ts";

/** What a resource says for all of its spans. */
export interface ResourceFacts {
  readonly service: string | null;
  readonly environment: string | null;
  readonly claims: SpanClaims;
}

export function toResourceFacts(attributes: Attributes): ResourceFacts {
  return {
    service: textOf(attributes, "service.name"),
    environment: textOf(attributes, "deployment.environment.name", "deployment.environment"),
    claims: toClaims(attributes),
  };
}
