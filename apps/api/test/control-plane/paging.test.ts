import { afterAll, beforeAll, describe, expect, test } from "vitest";
import fc from "fast-check";
import { pageOf } from "../../src/control-plane/paging.ts";
import { hello, openTestGateway, post, type TestGateway } from "../support/gateway.ts";
import { ask } from "./control-client.ts";

let gateway: TestGateway;
const mine = (): string => gateway.keys["acme"] ?? "";
const call = async (tenant = "acme"): Promise<string> => {
  const answer = await post(gateway, "/v1/chat/completions", gateway.keys[tenant] ?? "", hello);
  await answer.text();
  return answer.headers.get("x-tenantry-call-id") ?? "";
};

beforeAll(async () => {
  gateway = await openTestGateway();
});
afterAll(async () => await gateway.close());

/** All pages of a list, and what each was made of. */
async function read(
  path: string,
  idOf: string,
  key?: string,
  between?: () => Promise<unknown>,
): Promise<readonly string[]> {
  const seen: string[] = [];
  let cursor: string | null = "";
  for (let page = 0; cursor !== null && page < 100; page += 1) {
    const next: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const { status, body } = await ask(gateway, "GET", path + next, key === undefined ? {} : { key });
    expect(status).toBe(200);
    seen.push(...body.rows.map((row) => String(row[idOf])));
    cursor = body.nextCursor;
    await between?.();
  }
  return seen;
}

test("pages of calls hold each call once, newest first, also while more are made", async () => {
  const made: string[] = [];
  for (let count = 0; count < 7; count += 1) made.push(await call());
  await call("rival");
  const seen = await read("/api/v1/calls?limit=2", "callId", mine(), async () => await call());
  expect(seen).toEqual(made.toReversed());
});

test("a page of a period that begins at the last call's own instant loses none", async () => {
  const { body } = await ask(gateway, "GET", "/api/v1/calls?limit=200", { key: mine() });
  const one = await read("/api/v1/calls?limit=1", "callId", mine());
  expect(one).toEqual(body.rows.map(({ callId }) => callId));
});

describe.each([
  [
    "tenants",
    "id",
    async () => await ask(gateway, "POST", "/api/v1/tenants", { body: { id: `0-${(more += 1)}`, tier: "open" } }),
  ],
  ["keys", "id", async () => await ask(gateway, "DELETE", `/api/v1/keys/${(await gateway.app.keys.list())[0]?.id}`)],
] as const)("pages of %s", (list, idOf, change) => {
  test("hold each once, also while others come and end", async () => {
    const whole = (await ask(gateway, "GET", `/api/v1/${list}?limit=200`)).body.rows.map((row) => row[idOf]);
    expect(whole.length).toBeGreaterThan(3);
    const seen = await read(`/api/v1/${list}?limit=1`, idOf, undefined, change);
    expect(seen).toEqual(whole);
  });
});
let more = 0;

test("prices are paged too, and all of them are there for an operator", async () => {
  const paged = await read("/api/v1/prices?all=true&limit=30", "priceId");
  expect(paged).toHaveLength(gateway.app.prices.current().prices.length);
  expect(new Set(paged).size).toBe(paged.length);
});

test("a cursor that outlives what it names goes on from there", () => {
  const items = ["a", "b", "c", "d"];
  const { nextCursor } = pageOf("letters", items, (item) => item, { limit: 2 });
  expect(nextCursor).not.toBeNull();
  const rest = pageOf("letters", ["a", "c", "d"], (item) => item, { limit: 2, cursor: nextCursor ?? "" });
  expect(rest).toEqual({ rows: ["c", "d"], nextCursor: null });
});

test("any pages put together are the list in the order of its keys", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string()), fc.integer({ min: 1, max: 200 }), (items, limit) => {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = pageOf("any", items, (item) => item, { limit, cursor });
        seen.push(...page.rows);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen).toEqual([...items].sort((a, b) => (a < b ? -1 : 1)));
    }),
    { numRuns: 200 },
  );
});
