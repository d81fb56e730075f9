import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openReader, openWriter } from "./connection.ts";
import { readOptions } from "./options.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tenantry-connection-"));
  path = join(folder, "store.db");
});

afterEach(() => rmSync(folder, { recursive: true }));

it.each([
  ["process", 1],
  ["power", 2],
] as const)("waits for the disk as %s durability asks", async (durability, synchronous) => {
  const db = await openWriter(readOptions({ path, durability }));
  expect(db.prepare("PRAGMA synchronous").get()).toEqual({ synchronous });
  expect(db.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
  db.close();
});

it("gives readers a connection that can change nothing", async () => {
  const writer = await openWriter(readOptions({ path }));
  const reader = openReader(path, 100);
  expect(() => reader.exec("DELETE FROM lines")).toThrow(/readonly/);
  reader.close();
  writer.close();
});

it.runIf(existsSync("/proc/locks"))(
  "keeps its locks when the file is opened once more in the same process",
  async () => {
    const locks = (): number => {
      const { ino } = statSync(path);
      return readFileSync("/proc/locks", "utf8")
        .split("\n")
        .filter((line) => line.includes(`:${ino} `)).length;
    };
    const first = await openWriter(readOptions({ path }));
    expect(locks()).toBe(1);
    const second = await openWriter(readOptions({ path }));
    second.close();
    expect(locks()).toBe(1);
    first.close();
  },
);

it("says unavailable, and not where, when the file cannot be made", async () => {
  await openWriter(readOptions({ path })).then((db) => db.close());
  const error: unknown = await openWriter(readOptions({ path: join(path, "below-a-file.db") })).catch(
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: "unavailable" });
  expect((error as Error).message).not.toContain(folder);
});
