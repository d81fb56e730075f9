import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createManualClock } from "@tenantry/core/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSqliteStorage } from "./index.ts";

let folder: string;
let path: string;
const clock = createManualClock();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tenantry-migrate-"));
  path = join(folder, "data", "store.db");
});

afterEach(() => rmSync(folder, { recursive: true }));

const refused = { code: "invalid_configuration" };

function makeFile(content: string): void {
  mkdirSync(join(folder, "data"));
  writeFileSync(path, content);
}

it("makes the file and its folder, for this user alone", async () => {
  const storage = await openSqliteStorage({ path }, { clock });
  expect(await storage.health()).toEqual({ ok: true });
  expect(statSync(path).mode & 0o077).toBe(0);
  expect(statSync(join(folder, "data")).mode & 0o077).toBe(0);
  await storage.close();
});

it("opens an empty file from several sides at once", async () => {
  const opened = await Promise.all(Array.from({ length: 6 }, () => openSqliteStorage({ path }, { clock })));
  for (const storage of opened) expect(await storage.health()).toEqual({ ok: true });
  for (const storage of opened) await storage.close();
});

it("refuses a file that is no database, and does not touch it", async () => {
  const garbage = "this is not a database. ".repeat(400);
  makeFile(garbage);
  await expect(openSqliteStorage({ path }, { clock })).rejects.toMatchObject(refused);
  expect(readFileSync(path, "utf8")).toBe(garbage);
  expect(readdirSync(join(folder, "data"))).toEqual(["store.db"]);
});

it("refuses another program's database, and does not touch it", async () => {
  makeFile("");
  const theirs = new DatabaseSync(path);
  theirs.exec("CREATE TABLE owners (name TEXT)");
  theirs.close();
  const before = readFileSync(path);
  await expect(openSqliteStorage({ path }, { clock })).rejects.toMatchObject(refused);
  expect(readFileSync(path)).toEqual(before);
});

it("refuses a newer schema, and says which", async () => {
  await (await openSqliteStorage({ path }, { clock })).close();
  const newer = new DatabaseSync(path);
  newer.exec("PRAGMA user_version = 99");
  newer.close();
  const opening = openSqliteStorage({ path }, { clock });
  await expect(opening).rejects.toMatchObject(refused);
  await expect(opening).rejects.toThrow(/schema version 99/);
});

it("names every wrong option", async () => {
  const wrong = { path: "", durability: "sometimes" as "power", busyTimeoutMs: -1 };
  await expect(openSqliteStorage(wrong, { clock })).rejects.toMatchObject({
    ...refused,
    issues: [{ path: "storage.path" }, { path: "storage.durability" }, { path: "storage.busyTimeoutMs" }],
  });
});

it("keeps the path out of what it says", async () => {
  makeFile("garbage ".repeat(1_000));
  const error: unknown = await openSqliteStorage({ path }, { clock }).catch((reason: unknown) => reason);
  expect(String((error as Error).message)).not.toContain(folder);
});
