import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { formatUsd, usd } from "@tenantry/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, fieldsOf } from "./control-plane/control-client.ts";
import { adminKey, hello, openTestGateway, post, type TestGateway } from "./support/gateway.ts";

const yaml = `
tiers:
  clamped:
    models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5]
    budgets: [{ usd: "0.0001", per: month }]
    clampToBudget: { minOutputTokens: 16 }
    maxOutputTokens: 4000
    showCost: true
  hidden:
    models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5]
    charge: { markup: "10%" }
    budgets: [{ usd: "0.000001", per: month }, { usd: "5", within: 1h, scope: user }]
    maxOutputTokens: 64
  crowd:
    models: [openai/gpt-4o-mini]
    budgets: [{ usd: "0", per: month, alertAt: [1] }]
    maxOutputTokens: 40
    retries: 0
    showCost: true
tenants:
  clamped-one: { tier: clamped }
  clamped-two: { tier: clamped }
  clamped-three: { tier: clamped }
  hidden-one: { tier: hidden }
  crowd-one: { tier: crowd }
`;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway({ yaml });
});
afterAll(async () => await gateway.close());

const keyOf = (tenant: string): string => gateway.keys[tenant] ?? "";
const limitHeader = "x-tenantry-max-output-tokens";

async function budgetOf(tenantId: string): Promise<Readonly<Record<string, unknown>>> {
  const { body } = await ask(gateway, "GET", `/api/v1/budgets?tenantId=${tenantId}`);
  return body.rows[0] ?? {};
}

const topUp = async (tenantId: string, id: string, amountUsd: string): Promise<number> =>
  (
    await ask(gateway, "POST", "/api/v1/budgets/top-ups", {
      body: { tenantId, budgetId: "budget-month", id, amountUsd },
    })
  ).status;

describe("a call that does not fit what is left", () => {
  test("is passed on with the output limit that fits, and the answer says which", async () => {
    const answer = await post(gateway, "/v1/chat/completions", keyOf("clamped-one"), {
      ...hello,
      model: "gpt-4o-mini",
      max_completion_tokens: 3000,
    });
    expect(answer.status).toBe(200);
    const limit = Number(answer.headers.get(limitHeader));
    // $0.0001 at $0.60 a million is less than 167 tokens.
    expect(limit).toBeGreaterThanOrEqual(16);
    expect(limit).toBeLessThan(167);
    const { usage } = (await answer.json()) as { usage: { completion_tokens: number } };
    expect(usage.completion_tokens).toBeLessThanOrEqual(limit);
    // The hold was this limit's, and what is billed is within it.
    const { rows } = (await ask(gateway, "GET", "/api/v1/calls?tenantId=clamped-one")).body;
    expect(rows).toHaveLength(1);
    expect(await budgetOf("clamped-one")).toMatchObject({ heldUsd: "0" });
  });

  test("is translated with it too, and streamed", async () => {
    const client = new Anthropic({ apiKey: keyOf("clamped-two"), baseURL: gateway.url, maxRetries: 0 });
    const message = { max_tokens: 3000, messages: [{ role: "user", content: "Hello." }] } as const;
    const { response } = await client.messages
      .create({ ...message, messages: [...message.messages], model: "gpt-4o-mini", stream: true })
      .withResponse();
    await response.body?.cancel();
    const limit = Number(response.headers.get(limitHeader));
    expect(limit).toBeGreaterThanOrEqual(16);
    expect(limit).toBeLessThan(167);
  });

  test("says nothing of a limit where the caller's own holds", async () => {
    const answer = await post(gateway, "/v1/chat/completions", keyOf("clamped-three"), { ...hello, max_tokens: 20 });
    expect([answer.status, answer.headers.get(limitHeader)]).toEqual([200, null]);
  });
});

describe("a 402", () => {
  test("tells OpenAI's client that waiting does not help, in message, header and details, and no amount", async () => {
    const client = new OpenAI({ apiKey: keyOf("hidden-one"), baseURL: `${gateway.url}/v1`, maxRetries: 2 });
    const calling = client.chat.completions.create({
      model: "gpt-4o-mini",
      messages: [{ role: "user", content: "Hi." }],
    });
    const error = await calling.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.APIError);
    const { status, headers, error: body } = error as InstanceType<typeof OpenAI.APIError>;
    expect(status).toBe(402);
    expect(headers?.get("x-tenantry-wait-for")).toBe("nothing");
    expect(headers?.get("retry-after")).toBeNull();
    expect(body).toMatchObject({
      code: "budget_exceeded",
      details: { limit: "budget-month", wait_for: "nothing", retry_after_ms: null, reset_at: null },
    });
    expect(JSON.stringify(body)).not.toContain("$");
  });

  test("tells Anthropic's client that calls in flight hold the rest, and to come back soon", async () => {
    await topUp("hidden-one", "for-one-call", "0.0006");
    gateway.simulator.setLatency({ totalMs: 1_000 });
    const slow = post(gateway, "/v1/messages", keyOf("hidden-one"), {
      ...hello,
      max_tokens: 64,
      model: "claude-haiku-4-5",
    });
    await expect.poll(async () => (await budgetOf("hidden-one"))["heldUsd"]).not.toBe("0");
    const client = new Anthropic({ apiKey: keyOf("hidden-one"), baseURL: gateway.url, maxRetries: 0 });
    const calling = client.messages.create({
      model: "claude-haiku-4-5",
      max_tokens: 64,
      messages: [{ role: "user", content: "Hello." }],
    });
    const error = (await calling.catch((thrown: unknown) => thrown)) as InstanceType<typeof Anthropic.APIError>;
    gateway.simulator.setLatency({});
    expect(error.status).toBe(402);
    expect(error.headers?.get("retry-after")).toBe("1");
    expect(error.headers?.get("x-tenantry-wait-for")).toBe("calls-in-flight");
    expect(error.error).toMatchObject({
      error: { details: { error_code: "budget_exceeded", wait_for: "calls-in-flight", retry_after_ms: 1_000 } },
    });
    expect((await slow).status).toBe(200);
  });
});

describe("topping up", () => {
  test("adds once, however often it is sent, and helps at once", async () => {
    const body = { tenantId: "clamped-one", budgetId: "budget-month", id: "order-1", amountUsd: "2", note: "sorry" };
    const first = await ask(gateway, "POST", "/api/v1/budgets/top-ups", { body });
    const again = await ask(gateway, "POST", "/api/v1/budgets/top-ups", { body });
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(await budgetOf("clamped-one")).toMatchObject({
      limitUsd: "0.0001",
      toppedUpUsd: "2",
      topUps: [{ id: "order-1" }],
    });
    const answer = await post(gateway, "/v1/chat/completions", keyOf("clamped-one"), { ...hello, max_tokens: 3000 });
    expect([answer.status, answer.headers.get(limitHeader)]).toEqual([200, null]);
    const other = await ask(gateway, "POST", "/api/v1/budgets/top-ups", { body: { ...body, amountUsd: "3" } });
    expect(other.status).toBe(409);
  });

  test("names every field at fault", async () => {
    const body = { tenantId: "clamped-one", budgetId: "budget-year", id: "x", amountUsd: "much", at: "yesterday" };
    const refused = await ask(gateway, "POST", "/api/v1/budgets/top-ups", { body });
    expect([refused.status, fieldsOf(refused)]).toEqual([400, ["at"]]);
    const further = await ask(gateway, "POST", "/api/v1/budgets/top-ups", { body: { ...body, at: "2020-01-01" } });
    expect([further.status, fieldsOf(further)]).toEqual([400, ["budgetId", "amountUsd"]]);
    const nobody = await ask(gateway, "POST", "/api/v1/budgets/top-ups", {
      body: { ...body, tenantId: "x", at: "2020-01-01" },
    });
    expect(nobody.status).toBe(404);
  });
});

describe("budgets", () => {
  test("show a tenant what it bought, and what is spent only where its tier shows cost", async () => {
    const own = await ask(gateway, "GET", "/api/v1/budgets?userId=ann", { key: keyOf("hidden-one") });
    expect(own.body.rows.map(({ tenantId }) => tenantId)).toEqual(["hidden-one", "hidden-one"]);
    expect(own.body.rows[1]).toMatchObject({
      budgetId: "budget-1h-user",
      scopeId: "ann",
      limitUsd: "5",
      spentUsd: null,
    });
    expect(own.text).not.toContain("topUps");
    const shown = await ask(gateway, "GET", "/api/v1/budgets", { key: keyOf("clamped-one") });
    expect(shown.body.rows[0]?.["spentUsd"]).toMatch(/^0\.0/);
    const foreign = await ask(gateway, "GET", "/api/v1/budgets?tenantId=clamped-one", { key: keyOf("hidden-one") });
    expect(foreign.status).toBe(404);
    const admin = await ask(gateway, "GET", "/api/v1/budgets?tenantId=hidden-one&userId=ann", { key: adminKey });
    expect(admin.body.rows[1]).toMatchObject({ spentUsd: "0", leftUsd: "5" });
  });
});

test("two hundred parallel requests on money for ten calls: ten are answered, and the share that is spent is told once", async () => {
  const asked = { model: "gpt-4o-mini", messages: [{ role: "user", content: "Which way?" }] };
  await topUp("crowd-one", "for-one", "1");
  gateway.simulator.setLatency({ totalMs: 100 });
  const one = post(gateway, "/v1/chat/completions", keyOf("crowd-one"), asked);
  await expect.poll(async () => (await budgetOf("crowd-one"))["heldUsd"]).not.toBe("0");
  const held = usd(String((await budgetOf("crowd-one"))["heldUsd"]));
  expect((await one).status).toBe(200);
  const spent = usd(String((await budgetOf("crowd-one"))["spentUsd"]));
  // Now so much that ten more fit, and the first call is a small part of it.
  const app = gateway.app.tenants;
  const tenant = await app.find("crowd-one");
  if (tenant === null) throw new Error("no tenant");
  const [before] = tenant.topUps ?? [];
  if (before === undefined) throw new Error("no top-up");
  await app.put({ ...tenant, topUps: [{ ...before, amountPico: spent + 10n * held }] });
  gateway.simulator.setLatency({ totalMs: 4_000 });
  const statuses = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const answer = await post(gateway, "/v1/chat/completions", keyOf("crowd-one"), asked);
      await answer.arrayBuffer();
      return answer.status;
    }),
  );
  gateway.simulator.setLatency({});
  expect(statuses.filter((status) => status === 200)).toHaveLength(10);
  expect(statuses.filter((status) => status === 402)).toHaveLength(190);
  const after = await budgetOf("crowd-one");
  expect(after["heldUsd"]).toBe("0");
  const reached = gateway.logged.filter(
    ({ event, fields }) => event === "budget-reached" && fields["tenantId"] === "crowd-one",
  );
  expect(reached).toHaveLength(1);
  expect(reached[0]?.fields).toMatchObject({ percent: 1, limitUsd: formatUsd(spent + 10n * held) });
  expect((await budgetOf("crowd-one"))["toldPercent"]).toBe(1);
  const metrics = await ask(gateway, "GET", "/metrics");
  expect(metrics.text).toMatch(/tenantry_budget_events_total\{percent="1"\} 1\n/);
}, 60_000);
