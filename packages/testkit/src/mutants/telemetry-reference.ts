import { AsyncLocalStorage } from "node:async_hooks";
import type { AttemptEnd, AttemptSpan, AttemptStart, CallEnd, CallSpan, CallStart, Telemetry } from "@tenantry/core";
import type { Opened } from "../contract.ts";
import type { SeenSpan, TelemetrySubject } from "../telemetry-subject.ts";
import { openMemoryDelivery } from "./telemetry-memory-delivery.ts";

/** What a mutant gets wrong. The reference with no fault keeps every rule. */
export type TelemetryFault =
  | "attempts are roots"
  | "ids are global"
  | "user falls back to the last one seen"
  | "within does nothing"
  | "within ends at the first await"
  | "within is never left"
  | "within wraps its result"
  | "within skips work of an ended attempt"
  | "ignores traceparent"
  | "trusts any traceparent"
  | "throws on bad values"
  | "a bad span spoils the next"
  | "ends twice"
  | "last end wins"
  | "flush does nothing"
  | "flush waits for open calls"
  | "flush has no deadline"
  | "drops on failure"
  | "sends again after a failure that arrived"
  | "queue has no bound"
  | "drops in silence"
  | "close does not deliver"
  | "close counts ended spans as sent"
  | "close has no deadline"
  | "close forgets the rest"
  | "cost is a float"
  | "cost on attempts too"
  | "tokens on the call too"
  | "unknown cost is zero"
  | "unknown usage is zero"
  | "denials are not seen";

interface Place {
  readonly traceId: string;
  readonly spanId: string;
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/;
const maxQueued = 200;

/** A small telemetry with an in-memory collector: correct, but for the one fault it is asked to have. */
export function openReferenceTelemetry(fault: TelemetryFault | null = null): Opened<TelemetrySubject> {
  const has = (name: TelemetryFault): boolean => fault === name;
  const delivery = openMemoryDelivery(has, maxQueued);
  const scope = new AsyncLocalStorage<Place | null>();
  const stack: Place[] = [];
  let lastId = 0;
  let spoilt = false;
  let globalIds: Pick<CallStart, "tenantId" | "userId" | "sessionId"> | null = null;
  let lastUser: string | null = null;

  function hex(digits: number): string {
    lastId++;
    return lastId.toString(16).padStart(digits, "0");
  }

  function guarded(work: () => void): void {
    if (has("throws on bad values")) return work();
    try {
      work();
    } catch {
      if (has("a bad span spoils the next")) spoilt = true;
      delivery.lose();
    }
  }

  function emit(span: SeenSpan): void {
    if (spoilt) {
      spoilt = false;
      delivery.lose();
      return;
    }
    delivery.add(span);
  }

  function within<T>(place: Place, isOver: boolean, work: () => T): T {
    if (has("within does nothing")) return work();
    if (has("within skips work of an ended attempt") && isOver) return undefined as T;
    if (has("within is never left")) {
      scope.enterWith(place);
      return work();
    }
    if (has("within ends at the first await")) {
      stack.push(place);
      try {
        return work();
      } finally {
        stack.pop();
      }
    }
    const result = scope.run(place, work);
    return has("within wraps its result") && result instanceof Promise ? (result.then((value) => value) as T) : result;
  }

  function parentOf(start: CallStart): Place | null {
    const active = stack.at(-1) ?? scope.getStore() ?? null;
    if (has("ignores traceparent")) return active;
    const pattern = has("trusts any traceparent") ? /^00-(.*?)-(.*?)-01/ : TRACEPARENT;
    const match = pattern.exec(start.traceparent ?? "");
    return match === null ? active : { traceId: match[1] ?? "", spanId: match[2] ?? "" };
  }

  function idsOf(start: CallStart): Pick<SeenSpan, "tenantId" | "userId" | "sessionId" | "callId"> {
    const { tenantId, userId, sessionId, callId } = start;
    if (has("ids are global") && globalIds !== null) return { ...globalIds, callId };
    if (userId !== null) lastUser = userId;
    return {
      tenantId,
      userId: has("user falls back to the last one seen") ? (userId ?? lastUser) : userId,
      sessionId,
      callId,
    };
  }

  function startAttempt(call: Place, start: CallStart, attempt: AttemptStart): AttemptSpan {
    const root = has("attempts are roots");
    const place = { traceId: root ? hex(32) : call.traceId, spanId: hex(16) };
    let isOver = false;
    return {
      within: (work) => within(place, isOver, work),
      end: (end) =>
        guarded(() => {
          if (isOver && !has("ends twice")) return;
          emit({
            kind: "attempt",
            name: `${attempt.target.provider}.${attempt.kind}`,
            ...place,
            parentSpanId: root ? null : call.spanId,
            ...idsOf(start),
            attemptId: attempt.attemptId,
            costsUsd: has("cost on attempts too") ? [String(end.line.costPico)] : [],
            tokens: tokensOf(end, has("unknown usage is zero")),
            failed: end.error !== null,
          });
          isOver = true;
        }),
    };
  }

  function startCall(start: CallStart): CallSpan {
    let parent: Place | null = null;
    let place: Place = { traceId: "", spanId: "" };
    let open = true;
    guarded(() => {
      parent = parentOf(start);
      place = { traceId: (parent as Place | null)?.traceId ?? hex(32), spanId: hex(16) };
      const { tenantId, userId, sessionId } = start;
      globalIds = { tenantId, userId, sessionId };
    });
    delivery.opened();
    const finish = (costsUsd: () => readonly string[], end: CallEnd | null): void =>
      guarded(() => {
        if (!open && !has("ends twice")) {
          if (has("last end wins")) delivery.replace(place.spanId, costsUsd());
          return;
        }
        emit({
          kind: "call",
          name: start.operation,
          ...place,
          parentSpanId: parent?.spanId ?? null,
          ...idsOf(start),
          attemptId: null,
          costsUsd: costsUsd(),
          tokens:
            has("tokens on the call too") && end !== null
              ? tokensOf({ line: end.lines[0] } as AttemptEnd, false)
              : null,
          failed: end?.record.outcome !== "ok",
        });
        open = false;
        delivery.ended();
      });
    return {
      startAttempt: (attempt) => startAttempt(place, start, attempt),
      end: (end) => finish(() => costs(end, has), end),
      deny: () => {
        if (!has("denials are not seen")) finish(() => [], null);
      },
    };
  }

  const telemetry: Telemetry = { startCall, flush: delivery.flush, close: delivery.close, counts: delivery.counts };
  return {
    subject: { telemetry, maxQueued, seen: delivery.arrived, setCollector: delivery.setCollector },
    close: () => telemetry.close(0),
  };
}

function costs(end: CallEnd, has: (fault: TelemetryFault) => boolean): readonly string[] {
  const { costPico } = end;
  if (costPico === null) return has("unknown cost is zero") ? ["0"] : [];
  if (has("cost is a float")) return [String(Number(costPico) / 1e12)];
  const digits = costPico.toString().padStart(13, "0");
  return [`${digits.slice(0, -12)}.${digits.slice(-12)}`.replace(/\.?0+$/, "")];
}

function tokensOf(end: AttemptEnd, unknownIsZero: boolean): number | null {
  const usage = end.line.usage;
  if (usage === null) return unknownIsZero ? 0 : null;
  return Object.values(usage.tokens).reduce((sum, count) => sum + count, 0);
}
