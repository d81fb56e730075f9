import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { isProvenDead, ownIdentity, type ProcessIdentity } from "./process-identity.ts";

const own = ownIdentity();
const NO_PROCESS = 2 ** 22 + 1;

it("never takes the living for dead", () => {
  expect(isProvenDead(own, own)).toBe(false);
  // Process 1 belongs to somebody else and does not answer, but it lives.
  expect(isProvenDead({ ...own, pid: 1, startedAt: startOf(1) }, own)).toBe(false);
});

it.each<[string, Partial<ProcessIdentity>]>([
  ["whose number nobody has", { pid: NO_PROCESS }],
  ["whose number went to another process", { startedAt: "1" }],
  ["of an earlier start of the machine", { bootId: "another" }],
])("knows a process %s to be dead", (_case, change) => {
  expect(isProvenDead({ ...own, ...change }, own)).toBe(own.startedAt === null && "startedAt" in change ? false : true);
});

it("never says so of another host's process", () => {
  expect(isProvenDead({ pid: NO_PROCESS, startedAt: "1", bootId: "another", host: "elsewhere" }, own)).toBe(false);
});

it("goes by the number alone where the platform tells no more", () => {
  const unknown = { startedAt: null, bootId: null };
  expect(isProvenDead({ ...own, ...unknown }, { ...own, ...unknown })).toBe(false);
  expect(isProvenDead({ ...own, ...unknown, pid: NO_PROCESS }, { ...own, ...unknown })).toBe(true);
});

it("sees a process end", async () => {
  const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "ignore"] });
  await once(child, "spawn");
  const identity = { ...own, pid: child.pid!, startedAt: startOf(child.pid!) };
  expect(isProvenDead(identity, own)).toBe(false);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(isProvenDead(identity, own)).toBe(true);
});

function startOf(pid: number): string | null {
  if (own.startedAt === null) return null;
  return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19] ?? null;
}
