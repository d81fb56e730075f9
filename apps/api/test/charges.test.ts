import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { usd } from "@tenantry/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "./control-plane/control-client.ts";
import { adminKey, hello, openTestGateway, post, type TestGateway } from "./support/gateway.ts";

const yaml = `
tiers:
  plan:
    models: [openai/gpt-4o-mini]
    maxOutputTokens: 64
    charge:
      prices: { openai/gpt-4o-mini: { perMillionTokens: { input: "3", output: "7" } } }
      allowance: { tokens: 100, per: month }
  credit:
    models: [openai/gpt-4o-mini]
    maxOutputTokens: 64
    charge: { markup: "33.3333%", allowance: { usd: "0.00002", per: day } }
  dear:
    models: [openai/gpt-4o]
    maxOutputTokens: 64
    showCost: true
    charge:
      prices: { openai/gpt-4o: { perMillionTokens: { input: "0.000001", output: "0.000001" } } }
  partial:
    models: [openai/gpt-4o-mini]
    maxOutputTokens: 64
    charge: { prices: { openai/gpt-4o: { perMillionTokens: { input: "1", output: "1" } } } }
tenants:
  planner: { tier: plan, timeZone: Asia/Kathmandu }
  creditor: { tier: credit }
  loser: { tier: dear }
  unlisted: { tier: partial }
`;

const path = "/v1/chat/completions";
let gateway: TestGateway;
let configPath: string;
const callIds: Record<string, string[]> = {};
const told: Record<string, (string | null)[]> = {};

beforeAll(async () => {
  gateway = await openTestGateway({ yaml });
  for (const tenant of ["planner", "creditor", "loser", "unlisted"]) {
    for (let time = 0; time < 4; time += 1) {
      const answer = await post(gateway, path, gateway.keys[tenant] ?? "", hello);
      (callIds[tenant] ??= []).push(answer.headers.get("x-tenantry-call-id") ?? "");
      (told[tenant] ??= []).push(answer.headers.get("x-tenantry-charge-usd"));
      await answer.text();
    }
  }
  configPath = join(dirname(gateway.app.config.storage.path), "again.yaml");
  await writeFile(configPath, yaml);
});
afterAll(async () => await gateway.close());

interface Attempt {
  readonly chargeUsd: string | null;
  readonly tokens: { readonly input: number; readonly output: number };
  readonly allowance?: {
    readonly before: string;
    readonly covered: string;
    readonly quantity: string;
    readonly from: string;
  };
}

async function attemptsOf(tenant: string, key = adminKey): Promise<Attempt[]> {
  const answers = await Promise.all(
    (callIds[tenant] ?? []).map((id) => ask(gateway, "GET", `/api/v1/calls/${id}`, { key })),
  );
  return answers.flatMap(({ body }) => body["attempts"] as Attempt[]);
}

describe("an allowance of tokens with prices of one's own", () => {
  test("includes exactly what was bought, and what is told is what is stored", async () => {
    const attempts = await attemptsOf("planner");
    expect(attempts.map(({ chargeUsd }) => chargeUsd)).toEqual(told["planner"]);
    let used = 0;
    for (const { chargeUsd, tokens, allowance } of attempts) {
      const count = tokens.input + tokens.output;
      const covered = Math.min(count, Math.max(0, 100 - used));
      expect(allowance).toMatchObject({ before: `${used}`, covered: `${covered}`, quantity: `${count}` });
      used += covered;
      // $3 and $7 a million tokens are 3 and 7 micro-dollars a token; the line at the edge pays for its part beyond.
      const full = BigInt(tokens.input * 3 + tokens.output * 7) * 1_000_000n;
      const twiceError = 2n * (usd(chargeUsd ?? "") * BigInt(count) - full * BigInt(count - covered));
      expect(twiceError <= BigInt(count) && twiceError >= -BigInt(count)).toBe(true);
    }
    expect(used).toBe(100);
    // The month is the tenant's own.
    expect(attempts[0]?.allowance?.from).toMatch(/T18:15:00.000Z$/);
  });

  test("a tenant sees its prices and its allowance, and neither cost nor margin", async () => {
    const own = gateway.keys["planner"] ?? "";
    const text = await Promise.all(
      [
        `/api/v1/calls/${callIds["planner"]?.[0]}`,
        `/api/v1/calls/${callIds["planner"]?.[0]}/explain`,
        "/api/v1/usage",
      ].map(async (asked) => (await ask(gateway, "GET", asked, { key: own })).text),
    );
    expect(text.join("\n")).toContain("allowance tokens-month: 100 tokens from");
    expect(text.join("\n")).toContain('"chargeItems"');
    expect(text.join("\n")).not.toMatch(/margin|costUsd|chargeVersion|list-[0-9a-f]/);
  });
});

test("an allowance of money is used up exactly, whatever the markup", async () => {
  const attempts = await attemptsOf("creditor");
  const usage = await ask(gateway, "GET", "/api/v1/usage?tenantId=creditor");
  const { chargeUsd } = usage.body["total"] as { chargeUsd: string };
  const full = attempts.reduce((sum, { allowance }) => sum + usd(allowance?.quantity ?? "0"), 0n);
  expect(usd(chargeUsd)).toBe(full - usd("0.00002"));
});

test("a stream's trailer tells the charge that is stored", async () => {
  const headers = { authorization: `Bearer ${gateway.keys["creditor"]}`, te: "trailers" };
  const [callId, trailers] = await new Promise<[string, Record<string, unknown>]>((resolve, reject) => {
    const req = request(gateway.url + path, { method: "POST", headers }, (res) => {
      res.resume();
      res.on("end", () => resolve([String(res.headers["x-tenantry-call-id"]), res.trailers]));
    });
    req.on("error", reject);
    req.end(JSON.stringify({ ...hello, model: "gpt-4o-mini", stream: true }));
  });
  const { body } = await ask(gateway, "GET", `/api/v1/calls/${callId}`);
  expect(trailers["x-tenantry-charge-usd"]).toBe(body["chargeUsd"]);
});

test("what is not on the price list has no charge, says why, and has no margin; nothing of it is 0", async () => {
  expect(told["unlisted"]).toEqual([null, null, null, null]);
  const [first] = await attemptsOf("unlisted");
  expect(first).toMatchObject({ chargeUsd: null, unchargedReason: "openai/gpt-4o-mini is not on the price list" });
  const { body } = await ask(gateway, "GET", "/api/v1/usage?tenantId=unlisted");
  expect(body["total"]).toMatchObject({ chargeUsd: "0", marginUsd: "0", marginUnknown: 4, marginNegative: false });
});

test("operators see the margin of every group, and where it is a loss; a tenant never does", async () => {
  const { body } = await ask(gateway, "GET", "/api/v1/usage?groupBy=tenant,model");
  const rows = body.rows as readonly Record<string, string>[];
  for (const { costUsd, chargeUsd, marginUsd } of rows.filter(({ tenantId }) => tenantId !== "unlisted")) {
    expect(usd(marginUsd ?? "")).toBe(usd(chargeUsd ?? "") - usd(costUsd ?? ""));
  }
  expect(rows.find(({ tenantId }) => tenantId === "loser")).toMatchObject({ marginNegative: true, marginUnknown: 0 });
  for (const key of Object.values(gateway.keys)) {
    expect((await ask(gateway, "GET", "/api/v1/usage", { key })).text).not.toContain("margin");
  }
  const own = await ask(gateway, "GET", "/api/v1/usage", { key: gateway.keys["loser"] ?? "" });
  expect(own.text, "its tier shows cost").toContain("costUsd");
});

test("metrics tell what tenants pay beside what providers bill", async () => {
  const { text } = await ask(gateway, "GET", "/metrics");
  expect(text).toMatch(/^tenantry_charge_usd_total\{model="openai\/gpt-4o"\} 0\.0000/m);
  expect(text).toMatch(/^tenantry_unknown_margin_attempts_total\{model="openai\/gpt-4o-mini"\} 4$/m);
});

test("the command explains a call in the very words of the API", async () => {
  const main = join(import.meta.dirname, "../../cli/src/main.ts");
  const dataDir = dirname(gateway.app.config.storage.path);
  for (const callId of [callIds["planner"]?.at(-1), callIds["creditor"]?.at(-1), callIds["unlisted"]?.[0]]) {
    const { text } = await ask(gateway, "GET", `/api/v1/calls/${callId}/explain?format=text`);
    const args = ["--conditions=@tenantry/source", main, "explain", callId ?? "", "--data-dir", dataDir];
    const { stdout } = await promisify(execFile)(process.execPath, [...args, "--config", configPath], {
      env: { PATH: process.env["PATH"] ?? "" },
    });
    expect(stdout).toBe(text);
    expect(text).toMatch(/^ {2}charge /m);
  }
}, 30_000);
