import type { FaultPlan } from "@tenantry/provider-simulator";
import { simulatedProviders } from "../support/installation.ts";

/** What the limited tenant may do: so many calls in any window of so many milliseconds. */
export const limited = { tenantId: "limited", slots: 10, windowMs: 2_000 } as const;

/** What each spender may spend in all, and each of its users. */
export const spending = { tenantUsd: "0.005", userUsd: "0.0025" } as const;

/** Whose provider reports half of what it bills. */
export const liarId = "liar";

/**
 * `steady` may do what it likes, `limited` meets a window, each `spender-…` a budget and a budget per user, and the
 * provider lies to `liar`. Every tier keeps answers for idempotency keys.
 */
export function chaosConfig(ledger: string, providerUrl: string, spenders: number): string {
  const often = "maxOutputTokens: 64\n    timeout: 5s\n    attemptTimeout: 400ms\n    keepAnswers: true";
  const ids = Array.from({ length: spenders }, (_, index) => `spender-${index}`);
  return `
tiers:
  steady:
    models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5]
    limits: [{ concurrent: 64 }]
    budgets: [{ usd: "1000", within: 365d }]
    ${often}
  limited:
    models: [openai/gpt-4o-mini]
    limits: [{ calls: ${limited.slots}, per: ${limited.windowMs}ms }, { tokens: 1000000000, per: 1h }]
    budgets: [{ usd: "1000", within: 365d }]
    ${often}
  spender:
    models: [anthropic/claude-haiku-4-5, openai/gpt-4o-mini]
    budgets: [{ usd: "${spending.tenantUsd}", within: 365d }, { usd: "${spending.userUsd}", within: 365d, scope: user }]
    ${often}
  lied-to:
    models: [openai/gpt-4.1-nano]
    budgets: [{ usd: "1000", within: 365d }]
    ${often}
tenants:
  steady: { tier: steady }
  ${limited.tenantId}: { tier: limited }
  ${liarId}: { tier: lied-to }
${ids.map((id) => `  ${id}: { tier: spender }`).join("\n")}
storage: { path: ${JSON.stringify(ledger)} }
${simulatedProviders({ url: providerUrl })}`;
}

/** Slow, failing, silent and confused: about two requests in five, by the simulator's own seed. */
export const troubles: FaultPlan = [
  { match: { model: "gpt-4.1-nano" }, fault: { kind: "usage-lies", factor: 0.5 } },
  { match: { probability: 0.04 }, fault: { kind: "status", status: 429, retryAfterMs: 20 } },
  { match: { probability: 0.03 }, fault: { kind: "status", status: 500 } },
  { match: { probability: 0.03 }, fault: { kind: "status", status: 503, retryAfterMs: 20 } },
  { match: { probability: 0.02 }, fault: { kind: "status", status: 529 } },
  { match: { probability: 0.02 }, fault: { kind: "reset" } },
  { match: { probability: 0.03 }, fault: { kind: "billed-then-reset" } },
  { match: { probability: 0.02 }, fault: { kind: "billed-then-status", status: 502 } },
  { match: { probability: 0.03 }, fault: { kind: "usage-missing" } },
  { match: { probability: 0.04 }, fault: { kind: "stream-cut", afterEvents: 5 } },
  { match: { probability: 0.02 }, fault: { kind: "broken-json" } },
  { match: { probability: 0.015 }, fault: { kind: "hang" } },
  { match: { probability: 0.03 }, fault: { kind: "slow", ms: 150 } },
  { match: { probability: 0.04 }, fault: { kind: "keeps-generating" } },
  { match: { probability: 0.02 }, fault: { kind: "cached-tokens", n: 40 } },
  { match: { provider: "openai", probability: 0.02 }, fault: { kind: "other-model", model: "gpt-4.1-nano" } },
  { match: { provider: "openai", probability: 0.02 }, fault: { kind: "other-model", model: "a-model-nobody-priced" } },
  {
    match: { provider: "anthropic", probability: 0.02 },
    fault: { kind: "other-model", model: "claude-3-haiku-20240307" },
  },
];
