import { idProblem } from "../ids/external-id.ts";
import type { Instant } from "../time/instant.ts";
import type { ReportedSpan, SpanScope } from "./reported-span.ts";

/** Spans that were not taken, or not as they came, and why. */
export interface SpanRemark {
  readonly reason: string;
  readonly spans: number;
}

/** A clock may be this much ahead of ours before its spans are moved to when they came. */
export const clockAheadMs: number = 10 * 60_000;

/** No provider call takes longer; a span that says so is cut. */
export const longestSpanMs: number = 7 * 86_400_000;

export type CheckedSpan =
  | { readonly kind: "taken"; readonly span: ReportedSpan; readonly remark: string | null }
  | { readonly kind: "refused"; readonly reason: string };

/** A span as it is taken: within what its key may write for, and at a time that can be. */
export function checkSpan(
  span: ReportedSpan,
  by: { readonly scope: SpanScope; readonly now: Instant; readonly acceptPastMs: number },
): CheckedSpan {
  const { claims } = span;
  if (by.scope.kind === "tenant" && claims.tenantId !== null && claims.tenantId !== by.scope.tenantId) {
    return { kind: "refused", reason: "names another tenant than its key is for" };
  }
  if (span.startedAt < by.now - by.acceptPastMs) {
    const days = Math.floor(by.acceptPastMs / 86_400_000);
    return { kind: "refused", reason: `began more than ${days} days ago` };
  }
  const lasted = Math.min(span.endedAt - span.startedAt, longestSpanMs);
  const isAhead = Math.max(span.startedAt, span.endedAt) > by.now + clockAheadMs;
  const startedAt = isAhead ? Math.min(span.startedAt, by.now - lasted) : span.startedAt;
  const isCut = lasted < span.endedAt - span.startedAt;
  return {
    kind: "taken",
    span: { ...span, claims: usable(claims), startedAt, endedAt: startedAt + lasted },
    remark: isAhead
      ? "is from a clock ahead of ours: moved to when it came"
      : isCut
        ? "lasted more than 7 days: cut"
        : null,
  };
}

/** Ids that cannot be used are none; of whose a call was, a bad user id says nothing worse than no user id. */
function usable(claims: ReportedSpan["claims"]): ReportedSpan["claims"] {
  const id = (text: string | null): string | null => (text === null || idProblem(text) !== null ? null : text);
  return {
    tenantId: claims.tenantId,
    userId: id(claims.userId),
    sessionId: id(claims.sessionId),
    feature: id(claims.feature),
  };
}
