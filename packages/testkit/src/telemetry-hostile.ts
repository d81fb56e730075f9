import type { AttemptEnd, AttemptStart, CallEnd, CallStart, Denial, Telemetry } from "@tenantry/core";
import {
  sampleAttemptEnd,
  sampleAttemptStart,
  sampleCallEnd,
  sampleCallStart,
  sampleDenial,
  sampleLine,
  sampleRecord,
} from "./telemetry-samples.ts";

interface HostileCase {
  readonly name: string;
  readonly run: (telemetry: Telemetry) => void;
}

interface HostileCall {
  readonly start?: Partial<CallStart>;
  readonly attempt?: Partial<AttemptStart>;
  readonly attemptEnd?: Partial<AttemptEnd>;
  readonly end?: Partial<CallEnd>;
}

const huge = '\ud83d\ude00x\u0000"\\'.repeat(200_000);
const lone = "a\ud800b\udc00";

/** A value of no declared type, as JavaScript callers may pass. */
function smuggled<T>(value: unknown): T {
  return value as T;
}

function circular(): unknown {
  const value: Record<string, unknown> = { role: "user" };
  value["content"] = [value];
  return value;
}

const trap: unknown = new Proxy({}, { get: () => explode(), ownKeys: () => explode() });

function explode(): never {
  throw new Error("a getter of the caller threw");
}

function run(telemetry: Telemetry, { start, attempt, attemptEnd, end }: HostileCall): void {
  const call = telemetry.startCall(sampleCallStart({ callId: "hostile", ...start }));
  const span = call.startAttempt(sampleAttemptStart(attempt));
  span.end(sampleAttemptEnd(attemptEnd));
  call.end(sampleCallEnd(end));
}

const calls: Readonly<Record<string, HostileCall>> = {
  "huge text everywhere": {
    start: { operation: huge, userId: huge, traceparent: huge },
    attempt: { kind: huge, messages: [{ role: "user", content: huge }] },
    attemptEnd: { text: huge, error: huge, finishReason: huge },
  },
  "lone surrogates": {
    start: { operation: lone, tenantId: lone, userId: lone },
    attempt: { target: { provider: lone, model: lone }, messages: [{ role: "user", content: lone }] },
    attemptEnd: { text: lone, error: lone },
  },
  "numbers that are none": {
    attempt: { ordinal: Number.NaN, request: { temperature: Number.NaN, topP: Infinity, maxOutputTokens: -Infinity } },
    attemptEnd: { line: sampleLine({ latencyMs: Number.NaN, status: Infinity }) },
    end: { record: sampleRecord({ latencyMs: Infinity, attempts: Number.NaN }) },
  },
  "circular messages": { attempt: { messages: smuggled([circular(), null, 7]) } },
  "values of the wrong type": {
    start: { tenantId: smuggled(12n), operation: smuggled(Symbol("op")), model: smuggled(null) },
    attempt: { target: smuggled(undefined), request: smuggled("none"), messages: smuggled(12) },
    attemptEnd: { line: smuggled(null), text: smuggled({}), error: smuggled(new Error("no text")) },
    end: { record: smuggled(undefined), lines: smuggled(null), costPico: smuggled(1.5) },
  },
  "objects that throw when they are read": {
    start: { model: smuggled(trap) },
    attempt: { messages: smuggled([trap]) },
    attemptEnd: { line: smuggled(trap) },
    end: { record: smuggled(trap), lines: smuggled([trap]) },
  },
  "names of the prototype": {
    start: { operation: "__proto__", tenantId: "constructor" },
    attempt: { target: { provider: "__proto__", model: "toString" } },
  },
  "ten thousand messages": {
    attempt: { messages: Array.from({ length: 10_000 }, () => ({ role: "user" as const, content: "again" })) },
  },
};

/** Things done to a `Telemetry` that a type checker would not let pass, or that are merely enormous. */
export const hostileCases: readonly HostileCase[] = [
  ...Object.entries(calls).map(([name, call]) => ({ name, run: (telemetry: Telemetry) => run(telemetry, call) })),
  {
    name: "a denial of no shape",
    run: (telemetry) => {
      telemetry.startCall(sampleCallStart({ callId: "hostile" })).deny(smuggled<Denial>(trap));
      telemetry
        .startCall(sampleCallStart({ callId: "hostile" }))
        .deny(sampleDenial({ message: huge, limit: Number.NaN }));
    },
  },
  {
    name: "no arguments at all",
    run: (telemetry) => {
      const call = telemetry.startCall(smuggled(undefined));
      const attempt = call.startAttempt(smuggled(undefined));
      attempt.within(() => 1);
      attempt.end(smuggled(undefined));
      call.end(smuggled(undefined));
    },
  },
];
