import {
  type Context,
  context as globalContext,
  createContextKey,
  ROOT_CONTEXT,
  type Span as ApiSpan,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { parseTraceParent } from "@opentelemetry/core";
import type { Span } from "@opentelemetry/sdk-trace";

/** Who is whose parent. */
export interface TraceContext {
  /** The caller's `traceparent`, else the active span, else nothing: a new trace. */
  parentOf(traceparent: string | null): Context;
  /** The context of a call's attempts. */
  withCall(parent: Context, call: Span): Context;
  withSpan(context: Context, span: Span): Context;
  /** The topmost span of ours that is still open above this context. */
  rootOf(context: Context): Span | undefined;
  run<T>(active: Context, span: ApiSpan, work: () => T): T;
}

const rootKey = createContextKey("tenantry.root");

/**
 * Our spans nest through a context manager of our own, which is not registered: nothing global is touched, and two
 * telemetries in a process do not meet. When the application has registered one, `run` also makes the span active
 * there, so that the application's own spans become its children, and ours become children of the application's.
 */
export function createTraceContext(): TraceContext {
  const own = new AsyncLocalStorageContextManager();

  function activeContext(): Context {
    const inner = own.active();
    const span = trace.getSpan(globalContext.active());
    // Inside `run` the global context holds our span or one below it, so it is never further out than ours.
    return span === undefined ? inner : trace.setSpan(inner, span);
  }

  return {
    parentOf: (traceparent) => {
      const remote = traceparent === null ? null : parseTraceParent(traceparent);
      if (remote === null) return activeContext();
      return trace.setSpanContext(ROOT_CONTEXT, { ...remote, isRemote: true });
    },
    withCall: (parent, call) => {
      const root = rootOf(parent)?.isRecording() === true ? parent : parent.setValue(rootKey, call);
      return trace.setSpan(root, call);
    },
    withSpan: (context, span) => trace.setSpan(context, span),
    rootOf,
    run: (active, span, work) =>
      own.with(active, () => globalContext.with(trace.setSpan(globalContext.active(), span), work)),
  };
}

function rootOf(context: Context): Span | undefined {
  const root = context.getValue(rootKey) as Span | undefined;
  return root?.isRecording() === true ? root : undefined;
}
