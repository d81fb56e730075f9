import { context, type Context, createContextKey, propagation, type Span, trace, TraceFlags } from "@opentelemetry/api";
import { parseTraceParent, suppressTracing, unsuppressTracing } from "@opentelemetry/core";
import type { CallStart } from "@tenantry/core";

/**
 * Where a call's span is started: below the caller's `traceparent`, else below the active span.
 *
 * The SDK names a span's tenant, session and user by the baggage of this context, and by a map of the whole process where
 * that has none. So all three stand here, one that is not known as an empty text, which the SDK takes for "none". The
 * context is that of our spans alone: nothing runs in it, so nothing sends its baggage anywhere (R4).
 */
export function callContext(start: CallStart): Context {
  const active = unsuppressTracing(context.active());
  const remote = start.traceparent === null ? null : parseTraceParent(start.traceparent);
  // A caller's flag must not hide what was used.
  const parent = remote === null ? null : { ...remote, isRemote: true, traceFlags: TraceFlags.SAMPLED };
  const placed = parent === null ? active : trace.setSpanContext(active, parent);
  const baggage = (propagation.getBaggage(active) ?? propagation.createBaggage())
    .setEntry("tenant_id", { value: textOf(start.tenantId) })
    .setEntry("session_id", { value: textOf(start.sessionId) })
    .setEntry("user_id", { value: textOf(start.userId) });
  return propagation.setBaggage(placed, baggage);
}

/** Where the spans of a call's attempts are started. */
export function below(call: Context, span: Span): Context {
  return trace.setSpan(call, span);
}

/**
 * Runs an attempt's work with its span as the active one, without baggage, and with instrumentation off: a span that the
 * SDK, a vendor's package or an HTTP instrumentation made of the same request would count its tokens a second time.
 */
export function runQuietly<T>(span: Span | null, work: () => T): T {
  const active = propagation.deleteBaggage(context.active());
  return context.with(suppressTracing(span === null ? active : trace.setSpan(active, span)), work);
}

const probe = createContextKey("tenantry context probe");

/** Whether contexts set here are active here: not so where the SDK has another version of `@opentelemetry/api`. */
export function sharesContext(): boolean {
  return context.with(context.active().setValue(probe, true), () => context.active().getValue(probe) === true);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.toWellFormed() : "";
}
