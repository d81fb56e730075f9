import { AsyncLocalStorage } from "node:async_hooks";
import { context, createContextKey, isSpanContextValid, type SpanContext, trace, TraceFlags } from "@opentelemetry/api";
import { parseTraceParent } from "@opentelemetry/core";
import { RandomIdGenerator } from "@opentelemetry/sdk-trace";

/** Where a span of ours stands. */
export interface Place {
  readonly span: SpanContext;
  readonly parent: SpanContext | null;
  readonly nest: Nest;
}

/** Calls within each other's attempts; told about the topmost one. */
export interface Nest {
  /** Whether its call is still open. */
  open: boolean;
  /** Whether an attempt has ended while it was. */
  hasAttempt: boolean;
}

/** Who is whose parent. */
export interface TraceContext {
  /** A call below the caller's `traceparent`, else below the active span, else in a new trace. */
  call(traceparent: string | null): Place & { readonly isTopmost: boolean };
  attempt(call: Place): Place;
  run<T>(place: Place, work: () => T): T;
}

/** Holds the span that the innermost `run` of any telemetry here has made active. */
const ranKey = createContextKey("tenantry.ran");

/**
 * Our spans nest through an asynchronous context of our own, which is not registered: nothing global is touched, and
 * two telemetries in a process do not meet. When the application has registered a context manager, `run` also makes the
 * span active there, so that the application's own spans become its children, and ours become children of the
 * application's. Of two telemetries around the same work each nests its own: the active span that the other one made is
 * unknown on this one's platform.
 */
export function createTraceContext(): TraceContext {
  const own = new AsyncLocalStorage<Place>();
  const ids = new RandomIdGenerator();

  function below(parent: SpanContext | null): SpanContext {
    const traceId = parent?.traceId ?? ids.generateTraceId();
    const state = parent?.traceState === undefined ? {} : { traceState: parent.traceState };
    return { traceId, spanId: ids.generateSpanId(), traceFlags: TraceFlags.SAMPLED, ...state };
  }

  /** Inside `run` the application's context holds our span or one below it, so it is never further out than ours. */
  function activeSpan(outer: Place | undefined): SpanContext | null {
    const at = context.active();
    const active = trace.getSpan(at)?.spanContext();
    if (active === undefined || !isSpanContextValid(active)) return outer?.span ?? null;
    return outer !== undefined && active.spanId === at.getValue(ranKey) ? outer.span : active;
  }

  return {
    call: (traceparent) => {
      const remote = traceparent === null ? null : parseTraceParent(traceparent);
      const outer = remote === null ? own.getStore() : undefined;
      const parent = remote === null ? activeSpan(outer) : { ...remote, isRemote: true };
      const isTopmost = outer?.nest.open !== true;
      return {
        span: below(parent),
        parent,
        nest: isTopmost ? { open: true, hasAttempt: false } : outer.nest,
        isTopmost,
      };
    },
    attempt: ({ span, nest }) => ({ span: below(span), parent: span, nest }),
    run: (place, work) =>
      own.run(place, () => {
        const within = trace.setSpan(context.active(), trace.wrapSpanContext(place.span));
        return context.with(within.setValue(ranKey, place.span.spanId), work);
      }),
  };
}
