import { TenantryError } from "@tenantry/core";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type BatchHooks, createGroupCommit, type GroupCommit } from "./group-commit.ts";

let folder: string;
let db: DatabaseSync;
let other: DatabaseSync;
let group: GroupCommit;
let batches: string[];
let beforeCommit: () => void;

const hooks: BatchHooks = {
  beforeCommit: () => beforeCommit(),
  afterBegin: () => {},
  afterBatch: (failure) => void batches.push(failure === null ? "committed" : failure.code),
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tenantry-group-"));
  const path = join(folder, "group.db");
  db = new DatabaseSync(path, { timeout: 5 });
  db.exec("PRAGMA journal_mode = WAL; CREATE TABLE notes (text TEXT PRIMARY KEY) STRICT");
  other = new DatabaseSync(path, { timeout: 1_000 });
  batches = [];
  beforeCommit = () => {};
  group = createGroupCommit(db, hooks, { busyTimeoutMs: 60, maxOperations: 3 });
});

afterEach(async () => {
  if (other.isTransaction) other.exec("ROLLBACK");
  await group.close(() => {});
  other.close();
  db.close();
  rmSync(folder, { recursive: true });
});

const note = (text: string) => (): string => {
  db.prepare("INSERT INTO notes VALUES (?)").run(text);
  return text;
};
const seenByOthers = (): unknown[] =>
  other
    .prepare("SELECT text FROM notes ORDER BY text")
    .all()
    .map((row) => row["text"]);
const turnEnds = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

it("commits what belongs to one turn in one transaction, and a decision resolves before it", async () => {
  const first = group.decide(note("a")).then((text) => [text, seenByOthers()] as const);
  const second = first.then(() => group.join(note("b"))).then(() => seenByOthers());
  expect(await first).toEqual(["a", []]);
  expect(await second).toEqual(["a", "b"]);
  expect(batches).toEqual(["committed"]);
});

it("holds no lock between turns", async () => {
  await group.write(note("a"));
  expect(db.isTransaction).toBe(false);
  other.exec("BEGIN IMMEDIATE; INSERT INTO notes VALUES ('theirs'); COMMIT");
  expect(seenByOthers()).toEqual(["a", "theirs"]);
});

it("keeps an operation's failure from the others", async () => {
  const results = await Promise.allSettled([
    group.write(note("a")),
    group.write(() => {
      note("half")();
      throw new Error("no more");
    }),
    group.write(note("b")),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(seenByOthers()).toEqual(["a", "b"]);
});

const checked = (text: string): { check(): () => string } => ({ check: () => note(text) });

it("leaves a batch alone when an operation refuses before it has written", async () => {
  const refused = group.write<string>({
    check: () => {
      throw new TenantryError("conflict", "it is there already");
    },
  });
  const results = await Promise.allSettled([group.decide(checked("a")), refused, group.join(checked("b"))]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  await expect(refused).rejects.toMatchObject({ code: "conflict" });
  expect(seenByOthers()).toEqual(["a", "b"]);
  expect(batches).toEqual(["committed"]);
});

it.each([
  ["an unexpected error", () => new Error("no more"), "no more"],
  ["what would have been a refusal", () => new TenantryError("conflict", "too late"), "too late"],
])("undoes the whole batch when an operation without a savepoint wrote and then met %s", async (_what, error, why) => {
  const half = group.write<string>({
    check: () => () => {
      note("half")();
      throw error();
    },
  });
  const results = Promise.allSettled([group.write(note("a")), group.write(checked("b")), half, group.write(note("c"))]);
  for (const result of await results) {
    const reason: unknown = result.status === "rejected" ? result.reason : null;
    expect(reason).toMatchObject({ code: "unavailable", message: `nothing was written: ${why}` });
  }
  expect(seenByOthers()).toEqual([]);
  expect(batches).toEqual(["unavailable"]);
  await turnEnds();
  expect(await group.write(checked("later"))).toBe("later");
  expect(seenByOthers()).toEqual(["later"]);
});

it("lets nothing through when the transaction is lost under a check", async () => {
  const lost = group.write<string>({
    check: () => {
      db.exec("ROLLBACK");
      throw new Error("lost");
    },
  });
  const results = await Promise.allSettled([group.write(checked("a")), lost, group.join(checked("b"))]);
  expect(results.map((result) => result.status === "rejected" && codeOf(result.reason))).toEqual([
    "unavailable",
    "unavailable",
    "unavailable",
  ]);
  expect(seenByOthers()).toEqual([]);
});

it("rejects everything durable of a batch whose commit fails, and leaves no trace", async () => {
  beforeCommit = () => {
    throw new Error("cannot write the roll-ups");
  };
  const decided = group.decide(note("a"));
  const results = await Promise.allSettled([decided.then(() => group.join(note("b"))), group.write(note("c"))]);
  expect(await decided).toBe("a");
  expect(results.map((result) => result.status === "rejected" && codeOf(result.reason))).toEqual([
    "unavailable",
    "unavailable",
  ]);
  expect(seenByOthers()).toEqual([]);
  expect(batches).toEqual(["unavailable"]);
  beforeCommit = () => {};
  expect(await group.write(note("d"))).toBe("d");
});

it("makes nothing durable after its transaction was lost in the same turn", async () => {
  const results = await Promise.allSettled([
    group.decide(note("admission")).then(() => group.join(note("intent"))),
    group.write(() => db.exec("ROLLBACK")),
  ]);
  expect(results.map((result) => result.status === "rejected" && codeOf(result.reason))).toEqual([
    "unavailable",
    "unavailable",
  ]);
  expect(seenByOthers()).toEqual([]);
  await turnEnds();
  expect(await group.write(note("later"))).toBe("later");
});

it("rejects as unavailable when the disk is full, and works again when it is not", async () => {
  db.exec("PRAGMA max_page_count = 8");
  const big = (text: string): string => text.padEnd(3_000, ".");
  const results = await Promise.allSettled([1, 2, 3].map((n) => group.write(note(big(`${n}`)))));
  const more = await Promise.allSettled(Array.from({ length: 30 }, (_, n) => group.write(note(big(`m${n}`)))));
  const rejected = [...results, ...more].filter((result) => result.status === "rejected");
  expect(rejected.length).toBeGreaterThan(0);
  expect(new Set(rejected.map(({ reason }) => codeOf(reason)))).toEqual(new Set(["unavailable"]));
  expect(seenByOthers()).toHaveLength(33 - rejected.length);
  db.exec("PRAGMA max_page_count = 100000");
  await turnEnds();
  await group.write(note("room"));
  expect(seenByOthers()).toContain("room");
});

it("waits for another connection's lock without blocking the event loop", async () => {
  other.exec("BEGIN IMMEDIATE");
  let turns = 0;
  const count = setInterval(() => {
    turns += 1;
    if (turns === 3) other.exec("COMMIT");
  }, 1);
  expect(await group.write(note("a"))).toBe("a");
  clearInterval(count);
  expect(turns).toBeGreaterThanOrEqual(3);
});

it("gives up as unavailable when the lock stays for the time-out", async () => {
  other.exec("BEGIN IMMEDIATE");
  const startedMs = performance.now();
  const results = await Promise.allSettled([group.decide(note("a")), group.write(note("b"))]);
  expect(results.map((result) => result.status === "rejected" && codeOf(result.reason))).toEqual([
    "unavailable",
    "unavailable",
  ]);
  expect(performance.now() - startedMs).toBeLessThan(2_000);
  other.exec("ROLLBACK");
  expect(await group.write(note("c"))).toBe("c");
});

it("puts what exceeds a transaction into the next, but never what joins", async () => {
  const joined: Promise<unknown>[] = [];
  const decisions = Array.from({ length: 7 }, (_, n) =>
    group.decide(note(`a${n}`)).then(() => joined.push(group.join(note(`b${n}`)))),
  );
  await Promise.all(decisions);
  await Promise.all(joined);
  expect(batches).toEqual(["committed", "committed", "committed"]);
  expect(seenByOthers()).toHaveLength(14);
});

it("finishes what was handed in before it closes, and refuses the rest", async () => {
  const results = Promise.allSettled(["a", "b", "c", "d", "e"].map((text) => group.write(note(text))));
  const closed = group.close(() => void note("farewell")());
  await expect(group.write(note("late"))).rejects.toMatchObject({ code: "unavailable" });
  await closed;
  expect((await results).every(({ status }) => status === "fulfilled")).toBe(true);
  expect(seenByOthers()).toEqual(["a", "b", "c", "d", "e", "farewell"]);
  group = createGroupCommit(db, hooks, { busyTimeoutMs: 60 });
});
