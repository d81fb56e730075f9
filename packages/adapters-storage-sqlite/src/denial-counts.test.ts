import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { BUCKET_MS } from "./buckets.ts";
import { createDenialCounts } from "./denial-counts.ts";
import { migrate } from "./migrate.ts";
import { createReadUsage } from "./read-usage.ts";

it("keeps a flood of denials countable in bounded space, old ones by the bucket", () => {
  const db = new DatabaseSync(":memory:");
  migrate(db);
  db.exec("INSERT INTO usage_groups (id, name, tenant_id) VALUES (1, 'one', 'a')");
  const counts = createDenialCounts(db, 1_000);
  const first = 1_000_000 * BUCKET_MS;
  const total = 6_000;
  for (let n = 0; n < total; n += 1) {
    // Two denials a second: about 1,800 a bucket.
    const at = first + n * 500;
    counts.add({ tenantId: "a", userId: null, feature: null, model: null, code: "rate_limited", at }, 1);
    if (n % 600 === 599) {
      counts.flush();
      counts.clear();
    }
  }
  expect((db.prepare("SELECT count(*) AS n FROM denials").get() as { n: number }).n).toBeLessThan(2_800);
  const read = createReadUsage(db);
  const denied = (from: number, to: number): number =>
    read({ kind: "installation" }, { period: { from, to }, groupBy: [], timeZone: "UTC" })[0]?.denied ?? 0;
  expect(denied(first, first + total * 500)).toBe(total);
  // The latest are exact; the oldest count where their bucket begins.
  const end = first + total * 500;
  expect(denied(end - 1_500, end)).toBe(3);
  expect(denied(first, first + 500)).toBe(1_800);
  expect(denied(first + 500, first + BUCKET_MS)).toBe(0);
  db.close();
});

it("counts a flood once while it is pruned some at a time", () => {
  const db = new DatabaseSync(":memory:");
  migrate(db);
  db.exec("INSERT INTO usage_groups (id, name, tenant_id) VALUES (1, 'one', 'a')");
  const counts = createDenialCounts(db, 1_000);
  const first = 1_000_000 * BUCKET_MS;
  const total = 13_000;
  for (let n = 0; n < total; n += 1) {
    counts.add(
      { tenantId: "a", userId: null, feature: null, model: null, code: "rate_limited", at: first + n * 500 },
      1,
    );
  }
  counts.flush();
  expect((db.prepare("SELECT count(*) AS n FROM denials").get() as { n: number }).n).toBeGreaterThan(7_000);
  const read = createReadUsage(db);
  const denied = (from: number, to: number): number =>
    read({ kind: "installation" }, { period: { from, to }, groupBy: [], timeZone: "UTC" })[0]?.denied ?? 0;
  const end = first + total * 500;
  expect(denied(first, end)).toBe(total);
  expect(denied(first + 500, end)).toBe(total - 1_800);
  expect(denied(end - 1_500, end)).toBe(3);
  db.close();
});
