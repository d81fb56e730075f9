import { createSystemClock } from "@tenantry/adapters-system";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Bench, createBench } from "./open-subjects.ts";
import { type Child, startChild } from "./child.ts";
import { openSqliteStorage, type SqliteStorage } from "../src/index.ts";

let bench: Bench;
let storage: SqliteStorage;
let children: Child[];
const clock = createSystemClock();

beforeEach(async () => {
  bench = createBench();
  storage = await openSqliteStorage({ path: bench.path, busyTimeoutMs: 20_000 }, { clock });
  children = [];
});

afterEach(async () => {
  for (const child of children) await child.kill();
  await storage.close();
  await bench.close();
});

async function start(): Promise<Child> {
  const child = startChild("claiming-child.ts", bench.path);
  children.push(child);
  expect(await child.line()).toBe("ready");
  return child;
}

async function ask(child: Child, line: string): Promise<string> {
  child.tell(line);
  return await child.line();
}

const order = (name: string) => ({ tenantId: "tenant-a", route: "POST /v1/messages", idempotencyKey: name });
const claim = (name: string) =>
  storage.answers.claim(order(name), "hash", { expiresAt: clock.now() + 600_000, keepUntil: clock.now() + 600_000 });

it("gives every key to exactly one of two processes that claim it at once", { timeout: 60_000 }, async () => {
  const both = [await start(), await start()];
  const won = [0, 0];
  for (let round = 0; round < 100; round += 1) {
    const name = `race-${round}`;
    // Each is told first in turn.
    const told = round % 2 === 0 ? both : both.toReversed();
    for (const child of told) child.tell(`race ${name}`);
    const got = await Promise.all(both.map(async (child) => (await child.line()).split(" ").filter(Boolean)));
    expect(got.flat().toSorted()).toEqual(Array.from({ length: 20 }, (_, n) => `${name}-${n}`).toSorted());
    for (const [n, keys] of got.entries()) won[n] = (won[n] ?? 0) + keys.length;
  }
  // Otherwise nothing was decided between them.
  for (const keys of won) expect(keys).toBeGreaterThan(0);
});

it("spends what a killed process had started, and frees what it had not", { timeout: 30_000 }, async () => {
  const child = await start();
  for (const name of ["started", "idle"]) expect(await ask(child, `claim ${name}`)).toBe("claimed");
  expect(await ask(child, "start started")).toBe("started");
  expect(await claim("started")).toEqual({ kind: "running", callId: "call-1" });
  expect(await claim("idle")).toEqual({ kind: "running", callId: null });
  await child.kill();
  expect(await claim("started")).toEqual({ kind: "spent", callId: "call-1" });
  expect(await claim("idle")).toEqual({ kind: "claimed" });
  // Also after recovery has forgotten the process.
  await storage.limits.recover();
  expect(await claim("started")).toEqual({ kind: "spent", callId: "call-1" });
});
