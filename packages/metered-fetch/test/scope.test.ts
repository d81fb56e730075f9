import { type Relay, TenantryError } from "@tenantry/core";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMeteredFetch } from "../src/index.ts";
import { booksOf, type Installation, openInstallation } from "./support/installation.ts";

let installation: Installation;
let shared: OpenAI;
beforeAll(async () => {
  installation = await openInstallation();
  shared = new OpenAI({ apiKey: "unused", maxRetries: 0, fetch: installation.metered.fetch });
});
afterAll(async () => await installation.close());

const asked = { model: "gpt-4o-mini", messages: [{ role: "user" as const, content: "Hello." }] };

describe("one client for all tenants", () => {
  test("a call outside of any scope is refused, and nothing is sent", async () => {
    await expect(shared.chat.completions.create(asked)).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    expect(installation.simulator.invoice().lines).toEqual([]);
  });

  test("calls made at the same time are those of their own scope", async () => {
    const { run } = installation.metered;
    const call = async (): Promise<void> => {
      await Promise.resolve();
      const stream = await shared.chat.completions.create({ ...asked, stream: true });
      for await (const _chunk of stream);
      await shared.chat.completions.create(asked);
    };
    const tenants = ["acme", "rival", "single-one"];
    await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const tenantId = tenants[index % 3] ?? "";
        await run({ tenantId, userId: `user-of-${tenantId}` }, call);
      }),
    );
    for (const tenantId of tenants) {
      const { calls } = await booksOf(installation, tenantId);
      expect(calls).toHaveLength(20);
      expect(new Set(calls.map(({ userId }) => userId))).toEqual(new Set([`user-of-${tenantId}`]));
    }
  });

  test("the scope ends with what it was opened for", async () => {
    await installation.metered.run({ tenantId: "acme" }, async () => await shared.chat.completions.create(asked));
    await expect(shared.chat.completions.create(asked)).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  });
});

describe("who", () => {
  test("headers name user, session and feature of one call", async () => {
    const client = installation.openai({ tenantId: "acme" });
    const headers = { "x-tenantry-user": "u-7", "x-tenantry-session": "s-7", "x-tenantry-feature": "summary" };
    await client.chat.completions.create(asked, { headers });
    const [call] = (await booksOf(installation, "acme")).calls;
    expect(call).toMatchObject({ tenantId: "acme", userId: "u-7", sessionId: "s-7", feature: "summary" });
  });

  test("what the scope says, no header and no body changes", async () => {
    const client = installation.openai({ tenantId: "acme", userId: "u-scope" });
    const headers = { "x-tenantry-user": "u-header", "x-tenantry-tenant": "rival", "x-api-key": "rival" };
    const before = (await booksOf(installation, "rival")).calls.length;
    await client.chat.completions.create({ ...asked, user: "u-body" }, { headers });
    const [call] = (await booksOf(installation, "acme")).calls;
    expect(call).toMatchObject({ tenantId: "acme", userId: "u-scope" });
    expect((await booksOf(installation, "rival")).calls).toHaveLength(before);
  });
});

test("of the headers only those cross that mean something to the vendor", async () => {
  const crossed: Readonly<Record<string, string>>[] = [];
  const relays: readonly Relay[] = installation.app.relays.map((relay) => ({
    ...relay,
    async open(request, options) {
      crossed.push(request.headers);
      return await relay.open(request, options);
    },
  }));
  const fetch = createMeteredFetch({}, { ...installation.app, relays }).for({ tenantId: "acme" });
  const theirs = { "openai-beta": "one", "anthropic-beta": "two", "anthropic-version": "2023-06-01" };
  const ours = { authorization: "Bearer a", "x-api-key": "b", cookie: "c", "openai-organization": "d", "x-own": "e" };
  const request = { method: "POST", headers: { ...theirs, ...ours } };
  const messages = { ...asked, max_tokens: 16, model: "claude-haiku-4-5" };
  await fetch("https://api.openai.com/v1/chat/completions", { ...request, body: JSON.stringify(asked) });
  await fetch("https://api.anthropic.com/v1/messages", { ...request, body: JSON.stringify(messages) });
  expect(crossed).toEqual([{ "openai-beta": "one" }, { "anthropic-version": "2023-06-01", "anthropic-beta": "two" }]);
});

describe("addresses", () => {
  test("a client at another address is metered where that address was named", async () => {
    const { app } = installation;
    const baseUrls = { openai: ["http://models.internal:8080/v1/"] };
    const fetch = createMeteredFetch({ baseUrls }, app).for({ tenantId: "acme" });
    const client = new OpenAI({ apiKey: "unused", baseURL: "http://models.internal:8080/v1", fetch });
    expect((await client.chat.completions.create(asked)).object).toBe("chat.completion");
  });

  test("every address that is none is told at once", () => {
    const baseUrls = { openai: ["models.internal"], anthropic: ["ftp://models.internal"] };
    const open = (): unknown => createMeteredFetch({ baseUrls }, installation.app);
    expect(open).toThrow(TenantryError);
    expect(open).toThrow(/baseUrls\.openai\[0\].*baseUrls\.anthropic\[0\]/s);
  });
});
