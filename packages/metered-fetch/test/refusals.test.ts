import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { booksOf, type Installation, openInstallation } from "./support/installation.ts";

let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(async () => await installation.close());

const messages = [{ role: "user" as const, content: "Hello." }];
const billed = (): number => installation.simulator.invoice().lines.length;

async function chat(tenantId: string, model = "gpt-4o-mini"): Promise<unknown> {
  return await installation.openai({ tenantId }).chat.completions.create({ model, messages });
}

async function message(tenantId: string, model = "claude-haiku-4-5"): Promise<unknown> {
  return await installation.anthropic({ tenantId }).messages.create({ model, max_tokens: 16, messages });
}

describe("a denial is the client's own error, and nothing is sent", () => {
  test("budget_exceeded is 402, and not retried", async () => {
    const before = billed();
    const retrying = installation.openai({ tenantId: "poor-one" }, { maxRetries: 2 });
    await expect(retrying.chat.completions.create({ model: "gpt-4o-mini", messages })).rejects.toMatchObject({
      name: "Error",
      status: 402,
      code: "budget_exceeded",
      type: "insufficient_quota",
    });
    await expect(message("poor-one")).rejects.toMatchObject({ status: 402, type: "billing_error" });
    expect(billed()).toBe(before);
    expect((await booksOf(installation, "poor-one")).calls).toEqual([]);
    const period = { from: Date.UTC(2000, 0, 1), to: Date.UTC(2200, 0, 1) };
    const scope = { kind: "tenant", tenantId: "poor-one" } as const;
    const [sums] = await installation.app.reader.usage(scope, { period, groupBy: [], timeZone: "UTC" });
    expect(sums).toMatchObject({ calls: 0, denied: 2 });
  });

  test("rate_limited is a RateLimitError that says when to come back", async () => {
    await chat("slow-one");
    await chat("slow-one");
    const denied = (await chat("slow-one").catch((error: unknown) => error)) as InstanceType<
      typeof OpenAI.RateLimitError
    >;
    expect(denied).toBeInstanceOf(OpenAI.RateLimitError);
    expect(denied.code).toBe("rate_limited");
    expect(Number(denied.headers.get("retry-after"))).toBeGreaterThan(50);
    expect(denied.headers.get("x-ratelimit-remaining-requests")).toBe("0");
    await expect(message("slow-one")).rejects.toBeInstanceOf(Anthropic.RateLimitError);
  });

  test("a model outside the tier and a suspended tenant are PermissionDeniedErrors", async () => {
    await expect(chat("acme", "gpt-9")).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError);
    await expect(chat("gone-one")).rejects.toMatchObject({ status: 403, code: "tenant_suspended" });
    await expect(message("gone-one")).rejects.toBeInstanceOf(Anthropic.PermissionDeniedError);
  });

  test("a tenant nobody knows is an AuthenticationError", async () => {
    await expect(chat("nobody")).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(message("nobody")).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
  });

  test("a bad id names its field", async () => {
    const scoped = installation.openai({ tenantId: "acme", userId: "" });
    const failing = scoped.chat.completions.create({ model: "gpt-4o-mini", messages });
    await expect(failing).rejects.toMatchObject({ status: 400, code: "invalid_request", param: "userId" });
  });

  test("a request that cannot be read names its field", async () => {
    const failing = installation.openai({ tenantId: "acme" }).chat.completions.create({
      model: "gpt-4o-mini",
      messages,
      max_tokens: -1,
    });
    await expect(failing).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(failing).rejects.toMatchObject({ param: "max_tokens" });
  });

  test("an object of the shared provider account is not for a tenant to name", async () => {
    const before = billed();
    const { responses } = installation.openai({ tenantId: "acme" });
    const failing = responses.create({ model: "gpt-4o-mini", input: "Hi.", previous_response_id: "resp_of_another" });
    await expect(failing).rejects.toMatchObject({ status: 400, param: "previous_response_id" });
    expect(billed()).toBe(before);
  });

  test("a model that speaks the other protocol is refused by name", async () => {
    const failing = chat("acme", "claude-haiku-4-5");
    await expect(failing).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(failing).rejects.toMatchObject({
      param: "model",
      message: expect.stringContaining("claude-haiku-4-5"),
    });
    await expect(message("acme", "gpt-4o-mini")).rejects.toBeInstanceOf(Anthropic.BadRequestError);
  });
});

describe("no path leads past the ledger", () => {
  const refused = { status: 403, code: "unmetered_route" };

  test("routes that are not metered are refused and not sent", async () => {
    const client = installation.openai({ tenantId: "acme" }, { maxRetries: 2 });
    const file = new File(["{}"], "batch.jsonl");
    await expect(client.models.list()).rejects.toMatchObject(refused);
    await expect(client.files.create({ file, purpose: "batch" })).rejects.toMatchObject(refused);
    await expect(client.batches.retrieve("batch_1")).rejects.toMatchObject(refused);
    await expect(client.images.generate({ prompt: "a bridge" })).rejects.toMatchObject(refused);
    await expect(client.responses.retrieve("resp_1")).rejects.toMatchObject(refused);
    const claude = installation.anthropic({ tenantId: "acme" });
    await expect(claude.messages.batches.list()).rejects.toBeInstanceOf(Anthropic.PermissionDeniedError);
    await expect(claude.messages.batches.list()).rejects.toThrow(/unmetered_route/);
  });

  test.each([
    ["another host", "https://models.example/v1/chat/completions"],
    ["another port", "https://api.openai.com:8443/v1/chat/completions"],
    ["no transport security", "http://api.openai.com/v1/chat/completions"],
    ["a path behind the path", "https://api.openai.com/v1/chat/completions/extra"],
    ["a path that is encoded", "https://api.openai.com/v1/chat%2Fcompletions"],
    ["a path with a slash more", "https://api.openai.com/v1//chat/completions"],
    ["the other vendor's path", "https://api.openai.com/v1/messages"],
    ["our own machine", "http://127.0.0.1:1/v1/chat/completions"],
  ])("%s is refused", async (_name, url) => {
    const fetch = installation.metered.for({ tenantId: "acme" });
    const answer = await fetch(url, { method: "POST", body: JSON.stringify({ model: "gpt-4o-mini", messages }) });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { code: "unmetered_route" } });
  });

  test("a stored answer cannot be read where answers are made", async () => {
    const answer = await installation.metered.for({ tenantId: "acme" })("https://api.openai.com/v1/chat/completions");
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { code: "unmetered_route" } });
  });

  test("the refusal repeats neither query nor credentials", async () => {
    const fetch = installation.metered.for({ tenantId: "acme" });
    const answer = await fetch("https://models.example/v1/files?key=hidden-key", {
      headers: { authorization: "Bearer hidden-too" },
    });
    expect(await answer.text()).not.toContain("hidden");
  });
});
