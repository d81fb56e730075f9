import { describe, expect, it } from "vitest";
import type { LogFields } from "../ports/log.port.ts";
import type { AttemptEnd, AttemptStart, CallEnd, CallStart, Telemetry } from "../ports/telemetry.port.ts";
import { createCollectingTelemetry } from "../testing/collecting-telemetry.ts";
import { combineTelemetry } from "./combine-telemetry.ts";
import { noTelemetry } from "./no-telemetry.ts";

const start = { callId: "call-1", traceparent: null } as CallStart;
const attempt = { attemptId: "call-1/1" } as AttemptStart;
const attemptEnd = {} as AttemptEnd;
const callEnd = {} as CallEnd;

function makeCall(telemetry: Telemetry): unknown {
  const call = telemetry.startCall(start);
  const span = call.startAttempt(attempt);
  const answer = span.within(() => "answer");
  span.end(attemptEnd);
  call.end(callEnd);
  return answer;
}

/** Throws at one step, and notes each. */
function broken(at: "startCall" | "startAttempt" | "within" | "end" | "flush"): Telemetry {
  const step = <Value>(name: typeof at, value: Value): Value => {
    if (name === at) throw new Error(`${name} is broken`);
    return value;
  };
  return {
    ...noTelemetry,
    startCall: () =>
      step("startCall", {
        startAttempt: () =>
          step("startAttempt", {
            within: (work) => step("within", work)(),
            end: () => step("end", undefined),
          }),
        end: () => step("end", undefined),
        deny: () => step("end", undefined),
      }),
    flush: () => step("flush", Promise.resolve()),
    close: () => (at === "flush" ? Promise.reject(new Error("close is broken")) : Promise.resolve()),
  };
}

describe("several telemetries as one", () => {
  it("each hears of every call, attempt and denial", () => {
    const both = [createCollectingTelemetry(), createCollectingTelemetry()];
    const telemetry = combineTelemetry(both);
    makeCall(telemetry);
    telemetry.startCall(start).deny({ code: "rate_limited", message: "no", limitId: null });
    for (const { calls } of both) {
      expect(calls.map(({ end, denial, attempts }) => [end, denial?.code, attempts.length])).toEqual([
        [callEnd, undefined, 1],
        [null, "rate_limited", 0],
      ]);
    }
    expect(telemetry.counts()).toEqual({ sent: 6, dropped: 0, queued: 0 });
  });

  it.for(["startCall", "startAttempt", "within", "end", "flush"] as const)(
    "one whose %s throws keeps no other from hearing, whatever their order, and is logged",
    async (at) => {
      const [before, after] = [createCollectingTelemetry(), createCollectingTelemetry()];
      const logged: LogFields[] = [];
      const log = { info: () => {}, warn: () => {}, error: (_: string, fields: LogFields) => void logged.push(fields) };
      const telemetry = combineTelemetry([before, broken(at), after], log);
      expect(makeCall(telemetry)).toBe("answer");
      await telemetry.flush(10);
      await telemetry.close(10);
      for (const { calls } of [before, after]) {
        expect(calls[0]?.end).toBe(callEnd);
        expect(calls[0]?.attempts[0]?.end).toBe(attemptEnd);
      }
      expect(logged.length).toBe(at === "flush" ? 0 : 1);
      makeCall(telemetry);
      expect(before.counts().dropped, "close did not reach the others").toBe(2);
    },
  );

  it("runs the work once, and what it throws is what comes out", () => {
    const telemetry = combineTelemetry([createCollectingTelemetry(), createCollectingTelemetry()]);
    const span = telemetry.startCall(start).startAttempt(attempt);
    let runs = 0;
    const boom = new Error("boom");
    expect(() =>
      span.within(() => {
        runs += 1;
        throw boom;
      }),
    ).toThrow(boom);
    expect(runs).toBe(1);
  });

  it("the first one's span is the innermost around the work: what is active there is its", () => {
    const entered: string[] = [];
    const named = (name: string): Telemetry => ({
      ...noTelemetry,
      startCall: () => ({
        startAttempt: () => ({ within: (work) => (entered.push(name), work()), end: () => {} }),
        end: () => {},
        deny: () => {},
      }),
    });
    makeCall(combineTelemetry([named("first"), named("second"), named("third")]));
    expect(entered).toEqual(["third", "second", "first"]);
  });

  it("a call nested in an attempt is below it for each of them", () => {
    const both = [createCollectingTelemetry(), createCollectingTelemetry()];
    const telemetry = combineTelemetry(both);
    telemetry
      .startCall(start)
      .startAttempt(attempt)
      .within(() => makeCall(telemetry));
    for (const { calls } of both) expect(calls[1]?.place.parentSpanId).toBe(calls[0]?.attempts[0]?.place.spanId);
  });

  it("none is no telemetry, and one is itself", () => {
    const one = createCollectingTelemetry();
    expect(combineTelemetry([])).toBe(noTelemetry);
    expect(combineTelemetry([one])).toBe(one);
  });
});
