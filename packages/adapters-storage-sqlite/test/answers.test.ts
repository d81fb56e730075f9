import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { AnswerKey, Log, StoredAnswer } from "@tenantry/core";
import { createManualClock } from "@tenantry/core/testing";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSqliteStorage, type SqliteStorage } from "../src/index.ts";
import { type Bench, createBench } from "./open-subjects.ts";

let bench: Bench;
let storage: SqliteStorage;
let keyFile: string;

beforeEach(async () => {
  bench = createBench();
  storage = await bench.open();
  keyFile = `${bench.path}.key`;
});

afterEach(() => bench.close());

const lifetimeMs = 600_000;
const keepMs = 60_000;
const order = (name: string): AnswerKey => ({ tenantId: "tenant-a", route: "POST /v1/messages", idempotencyKey: name });
const answer: StoredAnswer = {
  callId: "call-1",
  status: 200,
  headers: { "content-type": "application/json" },
  body: Buffer.from('{"text":"the merger closes on Friday"}'),
};

const lifetime = () => ({
  expiresAt: bench.clock.now() + lifetimeMs,
  keepUntil: bench.clock.now() + keepMs,
});

const claim = (of: SqliteStorage, name: string) => of.answers.claim(order(name), "hash", lifetime());

async function answerOnce(of: SqliteStorage, name: string): Promise<void> {
  expect(await claim(of, name)).toEqual({ kind: "claimed" });
  await of.answers.start(order(name), answer.callId);
  await of.answers.finish(order(name), answer);
}

function inDatabase(work: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(bench.path, { timeout: 1_000 });
  work(db);
  db.close();
}

const sealedOf = (db: DatabaseSync, name: string): Uint8Array =>
  (db.prepare("SELECT sealed FROM answers WHERE idempotency_key = ?").get(name) as { sealed: Uint8Array }).sealed;

const seal = (db: DatabaseSync, name: string, sealed: Uint8Array): void => {
  db.prepare("UPDATE answers SET sealed = ? WHERE idempotency_key = ?").run(sealed, name);
};

const spent = { kind: "spent", callId: "call-1" };

it("makes the sealing key with the first answer, in a file for this user alone", async () => {
  expect(await claim(storage, "a")).toEqual({ kind: "claimed" });
  await storage.answers.finish(order("a"), null);
  expect(existsSync(keyFile)).toBe(false);
  await answerOnce(storage, "b");
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  const before = readFileSync(keyFile, "utf8");
  await answerOnce(await bench.open(), "c");
  expect(readFileSync(keyFile, "utf8")).toBe(before);
});

it("agrees on one sealing key when two begin at once", async () => {
  const other = await bench.open();
  await Promise.all([answerOnce(storage, "a"), answerOnce(other, "b")]);
  const third = await bench.open();
  for (const of of [storage, other, third]) {
    for (const name of ["a", "b"]) expect((await claim(of, name)).kind).toBe("finished");
  }
});

it("takes an answer for spent when any one byte of it was changed, or cut off", async () => {
  await answerOnce(storage, "a");
  let sealed = new Uint8Array();
  inDatabase((db) => (sealed = new Uint8Array(sealedOf(db, "a"))));
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = sealed.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    inDatabase((db) => seal(db, "a", changed));
    expect(await claim(storage, "a")).toEqual(spent);
  }
  for (const length of [0, 10, 43, 44, sealed.length - 1]) {
    inDatabase((db) => seal(db, "a", sealed.slice(0, length)));
    expect(await claim(storage, "a")).toEqual(spent);
  }
  inDatabase((db) => seal(db, "a", sealed));
  expect((await claim(storage, "a")).kind).toBe("finished");
});

it("takes an answer for spent that was moved to another key or tenant", async () => {
  await answerOnce(storage, "a");
  await answerOnce(storage, "b");
  inDatabase((db) => seal(db, "b", sealedOf(db, "a")));
  expect(await claim(storage, "b")).toEqual(spent);
  inDatabase((db) => db.exec("UPDATE answers SET tenant_id = 'tenant-b' WHERE idempotency_key = 'a'"));
  const moved = { ...order("a"), tenantId: "tenant-b" };
  expect(await storage.answers.claim(moved, "hash", lifetime())).toEqual(spent);
});

it("seals the same answer in different bytes each time", async () => {
  await answerOnce(storage, "a");
  await answerOnce(storage, "b");
  inDatabase((db) => expect(Buffer.from(sealedOf(db, "a")).equals(sealedOf(db, "b"))).toBe(false));
});

it("takes answers for spent whose sealing key is gone, and seals new ones with another", async () => {
  await answerOnce(storage, "a");
  await storage.close();
  rmSync(keyFile);
  const next = await bench.open();
  expect(await claim(next, "a")).toEqual(spent);
  await answerOnce(next, "b");
  expect((await claim(next, "b")).kind).toBe("finished");
  expect(await claim(next, "a")).toEqual(spent);
});

it("keeps no answer, and says so, when the sealing key's file holds none; the file is not replaced", async () => {
  const told: string[] = [];
  const log: Log = {
    info: () => {},
    warn: () => {},
    error: (event, fields) => told.push(`${event} ${fields["callId"]}`),
  };
  writeFileSync(keyFile, "not a key");
  const next = await openSqliteStorage({ path: bench.path }, { clock: bench.clock, log });
  await answerOnce(next, "a");
  expect(await claim(next, "a")).toEqual(spent);
  expect(readFileSync(keyFile, "utf8")).toBe("not a key");
  expect(told).toEqual(["storage.answer_not_kept call-1"]);
  await next.close();
});

it("leaves no file behind but the database and its key", async () => {
  writeFileSync(`${keyFile}.new`, "left by a process that died");
  await answerOnce(storage, "a");
  expect(existsSync(`${keyFile}.new`)).toBe(false);
  expect((await claim(await bench.open(), "a")).kind).toBe("finished");
});

function count(): number {
  let rows = 0;
  inDatabase((db) => (rows = (db.prepare("SELECT count(*) AS n FROM answers").get() as { n: number }).n));
  return rows;
}

it("holds no more than what has not expired, with a bounded number of deletions a claim", async () => {
  await Promise.all(Array.from({ length: 200 }, (_, n) => answerOnce(storage, `old-${n}`)));
  await bench.clock.advance(lifetimeMs);
  const counts: number[] = [];
  for (let n = 0; n < 16; n += 1) {
    await claim(storage, `new-${n}`);
    counts.push(count());
  }
  expect(counts[0]).toBe(200 - 16 + 1);
  expect(counts.at(-1)).toBe(16);
});

it("deletes what has expired with a health check where nobody claims, and open claims of the dead with recovery", async () => {
  await answerOnce(storage, "a");
  await claim(storage, "left open");
  const next = await bench.open();
  await claim(next, "of the living");
  await bench.kill(storage);
  await bench.clock.advance(lifetimeMs);
  await next.limits.recover();
  await next.health();
  expect(count()).toBe(1);
  expect(await claim(next, "of the living")).toEqual({ kind: "running", callId: null });
});

function sealedCount(): number {
  let rows = 0;
  inDatabase((db) => (rows = (db.prepare("SELECT count(sealed) AS n FROM answers").get() as { n: number }).n));
  return rows;
}

it("deletes the content of answers whose time is over with later claims and health checks, and keeps their keys", async () => {
  await Promise.all(Array.from({ length: 40 }, (_, n) => answerOnce(storage, `old-${n}`)));
  await bench.clock.advance(keepMs);
  expect(sealedCount()).toBe(40);
  await claim(storage, "another");
  expect(sealedCount()).toBe(40 - 16);
  await storage.health();
  expect(sealedCount()).toBe(0);
  expect(count()).toBe(41);
  expect(await claim(storage, "old-7")).toEqual(spent);
});

it("writes nothing of an answer that came after its time", async () => {
  await claim(storage, "late");
  await storage.answers.start(order("late"), answer.callId);
  await bench.clock.advance(keepMs);
  await storage.answers.finish(order("late"), answer);
  expect(sealedCount()).toBe(0);
  expect(await claim(storage, "late")).toEqual(spent);
});

it("keeps nothing of an answer that came after its expiry", async () => {
  await claim(storage, "late");
  await bench.clock.advance(lifetimeMs);
  await storage.answers.finish(order("late"), answer);
  expect(count()).toBe(0);
});

it("gives up the claims of a storage that closes in order, as a crash would", async () => {
  await claim(storage, "idle");
  await claim(storage, "started");
  await storage.answers.start(order("started"), "call-1");
  const next = await bench.open();
  await storage.close();
  expect(await claim(next, "idle")).toEqual({ kind: "claimed" });
  expect(await claim(next, "started")).toEqual(spent);
  await expect(storage.answers.claim(order("x"), "hash", lifetime())).rejects.toMatchObject({ code: "unavailable" });
  await expect(storage.keys.find("x")).rejects.toMatchObject({ code: "unavailable" });
});

it("keeps answers and keys in memory too, without a file", async () => {
  const memory = await openSqliteStorage({ path: ":memory:" }, { clock: createManualClock() });
  const key = {
    id: "key_1",
    scope: "admin",
    tenantId: null,
    name: "",
    hint: "h",
    createdAt: 1,
    revokedAt: null,
  } as const;
  await memory.keys.add(key, "hash");
  expect(await memory.keys.list()).toEqual([key]);
  const always = { expiresAt: 8_640_000_000_000_000, keepUntil: 8_640_000_000_000_000 };
  await memory.answers.claim(order("a"), "hash", always);
  await memory.answers.finish(order("a"), answer);
  const result = await memory.answers.claim(order("a"), "hash", always);
  expect(result).toMatchObject({ kind: "finished", answer: { status: 200 } });
  await memory.close();
  expect(existsSync(join(dirname(bench.path), ":memory:.key"))).toBe(false);
});
