import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hello, openTestGateway, post, type TestGateway } from "./support/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway();
});
afterAll(async () => await gateway.close());

const path = "/v1/chat/completions";
const key = (tenant: string): string => gateway.keys[tenant] ?? "";

describe("what an answer says of itself", () => {
  test("call, model, attempts, charge, and where the windows stand", async () => {
    const { headers } = await post(gateway, path, key("acme"), hello);
    expect(headers.get("x-tenantry-call-id")).toMatch(/^call_[0-9a-z]{26,}$/);
    expect(headers.get("x-tenantry-model")).toBe("openai/gpt-4o-mini");
    expect(headers.get("x-tenantry-attempts")).toBe("1");
    expect(headers.get("x-tenantry-charge-usd")).toMatch(/^0\.0000\d+$/);
    expect(headers.get("ratelimit-policy")).toMatch(/^"[^"]+";q=100000;w=60, "[^"]+";q=100000000;qu="tokens";w=60$/);
    expect(headers.get("ratelimit")).toMatch(/^"[^"]+";r=99999;t=60, "[^"]+";r=\d+;t=60$/);
    expect(headers.get("x-ratelimit-limit-requests")).toBe("100000");
    expect(headers.get("x-ratelimit-limit-tokens")).toBe("100000000");
    expect(headers.get("x-ratelimit-reset-requests")).toMatch(/^(?:59s|1m0s)$/);
  });

  test("cost is shown only where the tier shows it", async () => {
    const open = await post(gateway, path, key("acme"), hello);
    expect(open.headers.get("x-tenantry-cost-usd")).toBe(open.headers.get("x-tenantry-charge-usd"));
    const marked = await post(gateway, path, key("marked-one"), hello);
    expect(marked.headers.get("x-tenantry-charge-usd")).not.toBeNull();
    expect(marked.headers.get("x-tenantry-cost-usd")).toBeNull();
  });

  test("a stream tells its charge in a comment where it is asked to", async () => {
    const asked = { ...hello, model: "gpt-4o-mini", stream: true };
    const plain = await (await post(gateway, path, key("acme"), asked)).text();
    expect(plain).not.toContain("tenantry");
    const answer = await post(gateway, path, key("acme"), asked, { "x-tenantry-report": "comment" });
    const told = /\n\n: tenantry (\{.*\})\n\n$/.exec(await answer.text())?.[1] ?? "{}";
    expect(JSON.parse(told)).toEqual({
      callId: answer.headers.get("x-tenantry-call-id"),
      attempts: 1,
      chargeUsd: expect.stringMatching(/^0\.0000\d+$/),
    });
  });

  test("and in a trailer, for a client that takes trailers", async () => {
    const trailers = await new Promise<Record<string, unknown>>((resolve, reject) => {
      const headers = { authorization: `Bearer ${key("acme")}`, te: "trailers" };
      const req = request(gateway.url + path, { method: "POST", headers }, (res) => {
        res.resume();
        res.on("end", () => resolve(res.trailers));
      });
      req.on("error", reject);
      req.end(JSON.stringify({ ...hello, model: "gpt-4o-mini", stream: true }));
    });
    expect(trailers["x-tenantry-charge-usd"]).toMatch(/^0\.0000\d+$/);
  });
});

describe("who, in which conversation, for what", () => {
  test("comes from headers, with the body's user as a fallback, and never changes the tenant", async () => {
    const headers = {
      "x-tenantry-user": "ann",
      "x-tenantry-session": "s-1",
      "x-tenantry-feature": "summary",
      "x-tenantry-tenant": "rival",
    };
    const first = await post(gateway, path, key("acme"), { ...hello, user: "body-user" }, headers);
    const second = await post(gateway, path, key("acme"), { ...hello, user: "body-user" });
    const third = await post(gateway, path, key("acme"), hello, {
      "x-tenantry-user": Buffer.from("Zoë").toString("latin1"),
    });
    const calls = await Promise.all(
      [first, second, third].map(async (answer) => {
        const id = answer.headers.get("x-tenantry-call-id") ?? "";
        return (await gateway.app.reader.call({ kind: "installation" }, id))?.call;
      }),
    );
    expect(calls[0]).toMatchObject({ tenantId: "acme", userId: "ann", sessionId: "s-1", feature: "summary" });
    expect(calls[1]).toMatchObject({ tenantId: "acme", userId: "body-user", sessionId: null, feature: null });
    expect(calls[2]).toMatchObject({ userId: "Zoë" });
    expect(calls[0]?.keyId).toMatch(/^key_/);
  });
});

describe("meeting summaries", () => {
  const transcript = "Ann: We decided to ship on Friday.\nBob: I will write the release notes by Thursday.";
  const summaries = "/v1/meetings/summaries";

  test("have the sections of the tier and what the call came to", async () => {
    const answer = await post(gateway, summaries, key("acme"), { transcript }, { "x-tenantry-user": "ann" });
    expect(answer.status).toBe(200);
    const summary = (await answer.json()) as Record<string, unknown>;
    expect(summary).toMatchObject({
      tenantId: "acme",
      tier: "open",
      features: ["summary", "action_items"],
      slaMet: null,
      attempts: 1,
      costUsd: expect.any(String),
      chargeUsd: answer.headers.get("x-tenantry-charge-usd"),
    });
    expect(summary["summary"]).toContain("Action Items");
    expect(summary).not.toHaveProperty("lines");
    expect(summary).not.toHaveProperty("record");
  });

  test("show no cost that may not be seen", async () => {
    const summary = await (await post(gateway, summaries, key("marked-one"), { transcript })).json();
    expect(summary).not.toHaveProperty("costUsd");
    expect(summary).toHaveProperty("chargeUsd");
  });

  test.each([
    [{ transcript, features: ["decisions"] }, 403, "feature_not_in_tier"],
    [{ transcript: " " }, 400, "invalid_request"],
    [{}, 400, "invalid_request"],
    [{ transcript, features: "summary" }, 400, "invalid_request"],
    [{ transcript, tenantId: "rival" }, 400, "invalid_request"],
  ])("%j is refused with %i", async (body, status, code) => {
    const answer = await post(gateway, summaries, key("acme"), body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error: { code } });
  });
});
