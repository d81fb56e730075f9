import { afterAll, beforeAll, expect, test } from "vitest";
import type { Price } from "@tenantry/core";
import { adminKey, hello, openTestGateway, post, type TestGateway, until } from "../support/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway();
});
afterAll(async () => await gateway.close());

const mini = { provider: "openai", model: "gpt-4o-mini" };

async function ask<Body>(method: string, path: string): Promise<{ readonly status: number; readonly body: Body }> {
  const headers = { authorization: `Bearer ${adminKey}` };
  const answer = await fetch(gateway.url + path, { method, headers });
  return { status: answer.status, body: (await answer.json()) as Body };
}

/** What `tenantry prices import --apply` does in another process. */
async function record(input: bigint): Promise<void> {
  const { prices, config } = gateway.app;
  const price = config.prices.current().find(mini, Date.now()) as Price;
  const edition = [{ ...price, rates: { ...price.rates, input } }];
  const live = await gateway.app.storage.prices.live(-1);
  await gateway.app.storage.prices.add(
    { recordedAt: Date.now(), source: "a test", prices: edition },
    live?.revision ?? 0,
  );
  const { edition: before } = prices.status();
  await until(() => prices.status().edition !== before || prices.status().isPinned, 1_000);
}

async function priceOfCall(): Promise<string | undefined> {
  const called = await post(gateway, "/v1/chat/completions", gateway.keys["acme"] ?? "", {
    ...hello,
    model: "gpt-4o-mini",
  });
  await called.text();
  const id = called.headers.get("x-tenantry-call-id") ?? "";
  const { body } = await ask<{ attempts: readonly { priceId: string }[] }>("GET", `/api/v1/calls/${id}`);
  return body.attempts[0]?.priceId;
}

test("an edition that is recorded is in force within a second, pinned and unpinned at once, and told with version and age", async () => {
  const base = (await ask<{ version: string }>("GET", "/api/v1/prices")).body;
  expect(base).toMatchObject({ edition: 0, pinned: false, problem: null, recordedAt: "2026-09-23T00:00:00.000Z" });
  await record(1_000_000n);
  const listed = (await ask<{ version: string }>("GET", "/api/v1/prices")).body;
  expect(listed).toMatchObject({ edition: 1, source: "a test", pinned: false });
  expect(listed.version).not.toBe(base.version);
  expect(await priceOfCall()).toBe("edition-1:openai/gpt-4o-mini@always");
  const metrics = await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } });
  expect(Number(/^tenantry_price_book_age_seconds (\d+)$/m.exec(await metrics.text())?.[1])).toBeLessThan(60);

  expect(await ask("POST", "/api/v1/price-editions/0/pin")).toMatchObject({
    status: 200,
    body: { edition: 0, pinned: true },
  });
  expect(await priceOfCall()).toMatch(/^genai-prices/);
  await record(2_000_000n);
  const { body } = await ask("GET", "/api/v1/price-editions");
  expect(body).toMatchObject({
    inForce: { edition: 0, pinned: true },
    rows: [
      { version: 2, source: "a test", count: 1 },
      { version: 1, source: "a test", count: 1 },
    ],
  });
  expect((await ask("DELETE", "/api/v1/price-editions/pin")).body).toMatchObject({ edition: 2, pinned: false });
  expect(await priceOfCall()).toBe("edition-2:openai/gpt-4o-mini@always");
});

test("a version that does not exist, or is none, is refused and changes nothing", async () => {
  const before = (await ask<{ version: string }>("GET", "/api/v1/prices")).body.version;
  expect((await ask("POST", "/api/v1/price-editions/99/pin")).status).toBe(404);
  expect((await ask("POST", "/api/v1/price-editions/latest/pin")).status).toBe(404);
  expect((await ask<{ version: string }>("GET", "/api/v1/prices")).body.version).toBe(before);
});
