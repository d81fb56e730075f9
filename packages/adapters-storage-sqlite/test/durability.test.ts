import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Bench, createBench } from "./open-subjects.ts";

let bench: Bench;

beforeEach(() => {
  bench = createBench();
});

afterEach(() => bench.close());

/** Watches system calls, where it is installed (https://strace.io). */
const tracer: string = "strace";

/** Whether system calls can be watched here. */
function canTrace(): boolean {
  try {
    execFileSync(tracer, ["-o", "/dev/null", "-e", "trace=fsync", process.execPath, "--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** How often the process told the system to bring a file to the disk, while it made so many commits of two kinds. */
async function flushes(durability: "power" | "process", calls: number): Promise<number> {
  const trace = `${bench.path}.${durability}.trace`;
  const child = join(import.meta.dirname, "settling-child.ts");
  const node = [process.execPath, "--conditions=@tenantry/source", child, `${bench.path}.${durability}`, durability];
  const watched = ["-f", "-o", trace, "-e", "trace=fsync,fdatasync,write", ...node, String(calls)];
  await promisify(execFile)(tracer, watched);
  const all = readFileSync(trace, "utf8").split("\n");
  const place = (word: string): number => all.findIndex((line) => line.includes(`write(1, "${word}\\n"`));
  const [from, to] = [place("begins"), place("ends")];
  expect(from).toBeGreaterThan(-1);
  expect(to).toBeGreaterThan(from);
  // A call that another thread interrupted has a second line, "resumed".
  return all.slice(from, to).filter((line) => /\b(fsync|fdatasync)\(/.test(line)).length;
}

it.runIf(canTrace())(
  "with power durability every intent and every line is on the disk before it is answered; with process durability none waits",
  async () => {
    const calls = 25;
    expect(await flushes("power", calls)).toBeGreaterThanOrEqual(2 * calls);
    expect(await flushes("process", calls)).toBeLessThan(calls / 5);
  },
  60_000,
);
