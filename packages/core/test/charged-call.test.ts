import { describe, expect, it } from "vitest";
import { type Metered, meteredCall } from "../src/calls/metered-call.ts";
import { recoverCalls } from "../src/calls/recover-calls.ts";
import { TenantryError } from "../src/errors/tenantry-error.ts";
import type { LedgerLine } from "../src/metering/ledger-line.ts";
import type { ChargePolicy } from "../src/pricing/charge.ts";
import { calendarPeriod } from "../src/time/period.ts";
import { aStand, type Script, type Stand, upstream } from "./scripted-call.ts";

const input = { tenantId: "tenant-a", userId: "user-1", feature: "chat" };

const lately = { period: { from: 0, to: 8_640_000_000_000 }, limit: 10 };

/** Twice the cost beyond 15 tokens a month; an answer of a script has 10 tokens and costs 130 pico-USD. */
const charge: ChargePolicy = {
  kind: "markup",
  markupPpm: 1_000_000n,
  version: "markup-1000000ppm+15-tokens-month",
  allowance: { unit: "tokens", amount: 15n, per: "month" },
};

async function linesOf(stand: Stand, scripts: readonly Script[]): Promise<readonly LedgerLine[]> {
  const metered: Metered<string> = await meteredCall(stand.ports, input, stand.work(scripts));
  if (metered.kind === "denied") throw new Error("denied");
  if (metered.kind === "answering") {
    try {
      for await (const _ of metered.events);
    } catch {
      // `ended` tells the same error.
    }
  }
  return (await metered.ended).lines;
}

describe("a call under an allowance", () => {
  it("is told with the charge that is stored, included first, split at the edge, charged beyond", async () => {
    const stand = aStand({ tier: { charge }, tenant: { timeZone: "America/New_York" } });
    const calls: LedgerLine[] = [];
    for (let time = 0; time < 3; time += 1) calls.push(...(await linesOf(stand, [{ pieces: ["a"] }])));
    expect(calls.map(({ chargePico }) => chargePico)).toEqual([0n, 130n, 260n]);
    expect(calls[1]?.allowance).toMatchObject({ before: 10n, covered: 5n, quantity: 10n, fullPico: 260n });
    expect(calls[1]?.allowance?.period).toEqual(calendarPeriod("month", stand.clock.now(), "America/New_York"));
    for (const line of calls) {
      expect((await stand.reader.call({ kind: "installation" }, line.callId))?.lines).toEqual([line]);
    }
  });

  it("pays nothing for what failed on the way, and draws nothing for it", async () => {
    const stand = aStand({ tier: { charge, retries: 0 } });
    const lines = await linesOf(stand, [{ fails: upstream("refused", { status: 404 }) }, { pieces: ["a"] }]);
    expect(lines.map(({ outcome, chargePico }) => [outcome, chargePico])).toEqual([
      ["refused", 0n],
      ["ok", 0n],
    ]);
    expect(lines.map(({ allowance }) => allowance?.before)).toEqual([undefined, 0n]);
  });

  it("has an unknown charge while a store that failed owes the line, and not the full one (R6)", async () => {
    let broken = true;
    const stand = aStand({
      tier: { charge },
      ledger: (inner) => ({
        ...inner,
        settle: async (settlement) => {
          if (broken) throw new TenantryError("unavailable", "locked");
          return await inner.settle(settlement);
        },
      }),
    });
    const [line] = await linesOf(stand, [{ pieces: ["a"] }]);
    expect(line).toMatchObject({ chargePico: null, chargeVersion: null, costPico: 130n });
    broken = false;
    await stand.clock.advance(1_000);
    const stored = await stand.reader.call({ kind: "installation" }, line?.callId ?? "");
    expect(stored?.lines).toMatchObject([{ chargePico: 0n, allowance: { covered: 10n } }]);
  });

  it("that is lost with its process draws nothing", async () => {
    const stand = aStand({ tier: { charge } });
    void meteredCall(stand.ports, input, stand.work([{ hangs: true }]));
    await new Promise((resolve) => setImmediate(resolve));
    const next = stand.anotherProcess();
    stand.kill();
    expect(await recoverCalls(next.ports)).toMatchObject({ unknownAttempts: 1 });
    const lost = (await next.reader.calls({ kind: "installation" }, lately)).calls[0];
    const [line] = (await next.reader.call({ kind: "installation" }, lost?.callId ?? ""))?.lines ?? [];
    expect(line).toMatchObject({ outcome: "lost", chargePico: null });
    expect(line?.allowance).toBeUndefined();
  });
});

it("an attempt that failed after it was used is marked as not charged, and one the caller gave up is paid for", async () => {
  const stand = aStand({ tier: { retries: 0, charge: { kind: "pass-through", version: "pass-through" } } });
  const [cut] = await linesOf(stand, [{ pieces: ["abc"], breaks: upstream("cut") }]);
  expect(cut).toMatchObject({ outcome: "cut", source: "estimated", chargePico: 0n, marks: ["not-charged"] });
  expect(cut?.costPico).toBeGreaterThan(0n);
  const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: ["abc", "def"], hangs: true }]));
  if (metered.kind !== "answering") throw new Error(metered.kind);
  for await (const _ of metered.events) break;
  const [aborted] = (await metered.ended).lines;
  expect(aborted).toMatchObject({ outcome: "aborted", chargePico: aborted?.costPico, marks: [] });
});
