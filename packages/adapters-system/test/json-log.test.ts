import { describe, expect, it } from "vitest";
import { createJsonLog } from "../src/index.ts";

function collect(level?: "info" | "warn" | "error"): { lines: string[]; log: ReturnType<typeof createJsonLog> } {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const now = (): number => Date.UTC(2026, 0, 15, 12);
  return { lines, log: createJsonLog(level === undefined ? { write, now } : { write, now, level }) };
}

describe("createJsonLog", () => {
  it("writes one JSON object a line", () => {
    const { lines, log } = collect();
    log.info("call.settled", { callId: "call_1", attempts: 2, late: false, model: null });
    log.error("line\nbreak", {});
    expect(lines).toEqual([
      '{"time":"2026-01-15T12:00:00.000Z","level":"info","event":"call.settled","callId":"call_1","attempts":2,"late":false,"model":null}\n',
      '{"time":"2026-01-15T12:00:00.000Z","level":"error","event":"line\\nbreak"}\n',
    ]);
  });

  it("leaves out what is below its level", () => {
    const { lines, log } = collect("warn");
    log.info("a", {});
    log.warn("b", {});
    log.error("c", {});
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(["b", "c"]);
  });

  it("keeps fields that are named like its own, and numbers that JSON does not know", () => {
    const { lines, log } = collect();
    log.warn("odd", { level: "mine", time: 5, latencyMs: Infinity });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      level: "warn",
      "fields.level": "mine",
      "fields.time": 5,
      latencyMs: "Infinity",
    });
  });

  it("never throws, whatever its output does", () => {
    const log = createJsonLog({
      write: () => {
        throw new Error("EPIPE");
      },
    });
    expect(() => log.error("x", {})).not.toThrow();
  });
});
