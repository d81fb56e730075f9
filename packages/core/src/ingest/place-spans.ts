import { unattributedTenantId } from "../tenancy/unattributed.ts";
import type { SpanClaims, SpanScope, StoredSpan } from "./reported-span.ts";

/** Whom a span counts for. */
export interface SpanPlace extends Omit<SpanClaims, "tenantId"> {
  readonly tenantId: string;
}

/** The name of a span among all spans. */
export function spanKey(scope: SpanScope, traceId: string, spanId: string): string {
  return `${scope.kind === "tenant" ? scope.tenantId : ""}\n${traceId}${spanId}`;
}

/**
 * Whom each span counts for: a tenant's key decides, else the span's own claim, else its nearest ancestor's place, else
 * nobody. User, session and feature come from the nearest ancestor that names one, as far as the tenant is the same (R4).
 * A function of the set of spans, in whatever order they came.
 *
 * @param tenants by claimed id, the tenant it stands for
 */
export function placeSpans(
  spans: readonly StoredSpan[],
  tenants: ReadonlyMap<string, string>,
): ReadonlyMap<StoredSpan, SpanPlace> {
  const byKey = new Map(spans.map((span) => [spanKey(span.scope, span.traceId, span.spanId), span]));
  const places = new Map<StoredSpan, SpanPlace>();
  for (const span of spans) {
    const path = new Set<StoredSpan>();
    let at: StoredSpan | undefined = span;
    // A circle of parents ends where it began.
    while (at !== undefined && !places.has(at) && !path.has(at)) {
      path.add(at);
      at = parentOf(at, byKey);
    }
    for (const one of [...path].reverse()) {
      const parent = parentOf(one, byKey);
      places.set(one, placeOf(one, parent === undefined ? undefined : places.get(parent), tenants));
    }
  }
  return places;
}

/** The parent of a span among these; undefined for a root and for one that is not there (yet). */
export function parentOf(
  { scope, traceId, parentSpanId }: StoredSpan,
  byKey: ReadonlyMap<string, StoredSpan>,
): StoredSpan | undefined {
  return parentSpanId === null ? undefined : byKey.get(spanKey(scope, traceId, parentSpanId));
}

function placeOf(
  { scope, claims }: StoredSpan,
  parent: SpanPlace | undefined,
  tenants: ReadonlyMap<string, string>,
): SpanPlace {
  const claimed = claims.tenantId === null ? undefined : (tenants.get(claims.tenantId) ?? unattributedTenantId);
  const tenantId = scope.kind === "tenant" ? scope.tenantId : (claimed ?? parent?.tenantId ?? unattributedTenantId);
  const above = parent?.tenantId === tenantId ? parent : null;
  return {
    tenantId,
    userId: claims.userId ?? above?.userId ?? null,
    sessionId: claims.sessionId ?? above?.sessionId ?? null,
    feature: claims.feature ?? above?.feature ?? null,
  };
}
