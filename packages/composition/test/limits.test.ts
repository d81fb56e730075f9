import { type CallResult, formatUsd, type LedgerLine, usd } from "@tenantry/core";
import { type ProviderSimulator, startProviderSimulator } from "@tenantry/provider-simulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type App, openApp } from "../src/index.ts";
import { configIn, simulatedProviders, temporaryFolder } from "./support/installation.ts";
import { readLedger } from "./support/read-ledger.ts";
import { statesOf } from "./support/traffic.ts";

let simulator: ProviderSimulator;
beforeAll(async () => {
  simulator = await startProviderSimulator();
});
afterAll(async () => await simulator.close());

const prompt = "The bridge is closed until May. Which way should we go?";

/** Two connections to one file, as two processes have them. */
async function openTwice(folder: string, policy: string): Promise<readonly [App, App]> {
  const yaml = `
tiers:
  only: { models: [openai/gpt-4o-mini], maxOutputTokens: 40, retries: 0, ${policy} }
tenants: { acme: { tier: only } }
${simulatedProviders(simulator)}`;
  const config = await configIn(folder, yaml);
  return [await openApp(config), await openApp(config)];
}

async function close(apps: readonly App[]): Promise<void> {
  for (const app of apps) await app.close();
}

async function callAtOnce(apps: readonly App[], count: number): Promise<readonly CallResult[]> {
  return await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const app = apps[index % apps.length] as App;
      return await app.tenantry.call(
        { tenantId: "acme", feature: "answer" },
        { messages: [{ role: "user", content: prompt }] },
      );
    }),
  );
}

/** What one such call holds. */
async function holdOfOneCall(): Promise<LedgerLine & { readonly holdPico: bigint }> {
  const apps = await openTwice(await temporaryFolder(), 'budgets: [{ usd: "1000", per: year }]');
  const [result] = await callAtOnce([apps[0]], 1);
  await close(apps);
  const line = result?.kind === "ok" ? result.lines[0] : undefined;
  if (line === undefined || line.holdPico === null) throw new Error("a call without a hold");
  return { ...line, holdPico: line.holdPico };
}

describe("a budget shared by two connections", () => {
  test("admits exactly the ten of two hundred parallel calls that it fits", async () => {
    const { holdPico } = await holdOfOneCall();
    // Every call has to be decided while all that were admitted are still in flight.
    simulator.setLatency({ totalMs: 1500 });
    const apps = await openTwice(
      await temporaryFolder(),
      `budgets: [{ usd: "${formatUsd(holdPico * 10n)}", per: year }]`,
    );
    const results = await callAtOnce(apps, 200);
    simulator.setLatency({});
    const ok = results.filter(({ kind }) => kind === "ok");
    const denied = results.filter(({ kind }) => kind === "denied");
    expect([ok.length, denied.length]).toEqual([10, 190]);
    const states = await statesOf(apps[0], "acme");
    const recorded = await readLedger(apps[1].reader);
    await close(apps);
    expect(recorded.calls).toHaveLength(10);
    expect(states.budgets[0]?.heldPico).toBe(0n);
    expect(states.budgets[0]?.spentPico).toBe(recorded.lines.reduce((sum, line) => sum + (line.costPico ?? 0n), 0n));
  });

  test("is never overspent by calls that settle while others are admitted", async () => {
    const { costPico } = await holdOfOneCall();
    const limitPico = (costPico ?? 0n) * 20n;
    const apps = await openTwice(await temporaryFolder(), `budgets: [{ usd: "${formatUsd(limitPico)}", per: year }]`);
    for (let round = 0; round < 4; round += 1) await callAtOnce(apps, 50);
    const { lines } = await readLedger(apps[0].reader);
    await close(apps);
    const spentPico = lines.reduce((sum, line) => sum + (line.costPico ?? line.atMostPico ?? 0n), 0n);
    expect(spentPico).toBeLessThanOrEqual(limitPico);
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.length).toBeLessThanOrEqual(20);
  });

  test("counts an unknown cost with the most it can be", async () => {
    simulator.plan([{ fault: { kind: "billed-then-reset" } }]);
    const { holdPico } = await holdOfOneCallUnknown();
    const apps = await openTwice(
      await temporaryFolder(),
      `budgets: [{ usd: "${formatUsd(holdPico * 3n)}", per: year }]`,
    );
    const kinds: string[] = [];
    for (let call = 0; call < 6; call += 1) kinds.push(...(await callAtOnce(apps, 1)).map(({ kind }) => kind));
    simulator.plan([]);
    await close(apps);
    // The tighter exact count lets a fourth in where it fits; nothing is refunded in any case.
    expect(kinds.slice(0, 3)).toEqual(["failed", "failed", "failed"]);
    expect(kinds.at(-1)).toBe("denied");
  });
});

describe("other limits shared by two connections", () => {
  test("ten calls a minute are ten of two hundred", async () => {
    const apps = await openTwice(await temporaryFolder(), "limits: [{ calls: 10, per: 1m }]");
    const results = await callAtOnce(apps, 200);
    await close(apps);
    expect(results.filter(({ kind }) => kind === "ok")).toHaveLength(10);
  });

  test("four places in flight are four of two hundred, and free again afterwards", async () => {
    simulator.setLatency({ totalMs: 1500 });
    const apps = await openTwice(await temporaryFolder(), "limits: [{ concurrent: 4 }]");
    const results = await callAtOnce(apps, 200);
    simulator.setLatency({});
    const again = await callAtOnce(apps, 4);
    await close(apps);
    expect(results.filter(({ kind }) => kind === "ok")).toHaveLength(4);
    expect(again.map(({ kind }) => kind)).toEqual(["ok", "ok", "ok", "ok"]);
  });

  test("a denied call has no line, no record and no entry on the invoice", async () => {
    simulator.reset();
    const apps = await openTwice(await temporaryFolder(), "limits: [{ calls: 0, per: 1m }]");
    const results = await callAtOnce(apps, 5);
    const recorded = await readLedger(apps[0].reader);
    await close(apps);
    expect(results.map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => "denied"));
    expect(recorded).toEqual({ calls: [], lines: [] });
    expect(simulator.invoice().lines).toEqual([]);
  });
});

async function holdOfOneCallUnknown(): Promise<{ readonly holdPico: bigint }> {
  const apps = await openTwice(await temporaryFolder(), 'budgets: [{ usd: "1000", per: year }]');
  const [result] = await callAtOnce([apps[0]], 1);
  await close(apps);
  const line = result?.kind === "failed" ? result.lines[0] : undefined;
  expect(line?.source).toBe("unknown");
  return { holdPico: line?.holdPico ?? usd("0") };
}
