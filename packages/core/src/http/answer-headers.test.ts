import { expect, test } from "vitest";
import type { LedgerLine } from "../metering/ledger-line.ts";
import { usd } from "../money/decimal.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import { answerHeaders, moneyHeaders } from "./answer-headers.ts";
import type { Metered } from "../calls/metered-call.ts";

function line(costPico: PicoUsd | null, chargePico: PicoUsd | null): LedgerLine {
  return { costPico, chargePico } as LedgerLine;
}

test("a tenant sees the charge of all attempts, and the cost only where the tier shows it", () => {
  const lines = [line(usd("0.1"), usd("0.12")), line(usd("0.2"), usd("0.24"))];
  expect(moneyHeaders({ lines }, false)).toEqual({ "x-tenantry-charge-usd": "0.36" });
  expect(moneyHeaders({ lines }, true)).toEqual({ "x-tenantry-charge-usd": "0.36", "x-tenantry-cost-usd": "0.3" });
});

test("an unknown part makes a sum unknown, which is not zero", () => {
  expect(moneyHeaders({ lines: [line(usd("0.1"), usd("0.1")), line(null, null)] }, true)).toEqual({});
});

test("the provider's headers stay, but those of its connection and those we say ourselves", () => {
  const metered = {
    kind: "answering",
    callId: "call_1",
    model: { provider: "one", model: "talker" },
    attempts: 2,
    outputLimit: 40,
    states: { windows: [], leases: [], budgets: [] },
  } as unknown as Extract<Metered<unknown>, { kind: "answering" }>;
  const provider = {
    "content-type": "application/json",
    "x-request-id": "theirs",
    "content-length": "12",
    "x-tenantry-call-id": "forged",
  };
  expect(answerHeaders(metered, provider, 0)).toEqual({
    "content-type": "application/json",
    "request-id": "call_1",
    "x-request-id": "theirs",
    "x-tenantry-call-id": "call_1",
    "x-tenantry-model": "one/talker",
    "x-tenantry-attempts": "2",
    "x-tenantry-max-output-tokens": "40",
  });
});
