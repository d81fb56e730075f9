import assert from "node:assert/strict";
import type {
  AdmitRequest,
  AdmitResult,
  PeekedBudget,
  Claims,
  HoldClaim,
  LeaseClaim,
  LimitStore,
  Period,
  Refusal,
  WindowClaim,
  WindowState,
} from "@tenantry/core";

export const minuteMs = 60_000;

/** A period long enough for every rule, around the manual clock's start. */
export const thisMonth: Period = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 1, 1) };
export const lastMonth: Period = { from: Date.UTC(2025, 11, 1), to: Date.UTC(2026, 0, 1) };
export const nextMonth: Period = { from: Date.UTC(2026, 1, 1), to: Date.UTC(2026, 2, 1) };

export function calls(key: string, capacity: number, overrides: Partial<WindowClaim> = {}): WindowClaim {
  return { key, limitId: `limit-${key}`, metric: "calls", capacity, windowMs: minuteMs, amount: 1, ...overrides };
}

export function tokens(
  key: string,
  capacity: number,
  amount: number,
  overrides: Partial<WindowClaim> = {},
): WindowClaim {
  return calls(key, capacity, { metric: "tokens", amount, ...overrides });
}

export function lease(key: string, capacity: number): LeaseClaim {
  return { key, limitId: `lease-${key}`, capacity };
}

export function hold(
  key: string,
  limitPico: bigint,
  amountPico: bigint,
  overrides: Partial<HoldClaim> = {},
): HoldClaim {
  const span = { kind: "calendar", period: thisMonth } as const;
  return { key, budgetId: `budget-${key}`, limitPico, span, amountPico, breach: "block", ...overrides };
}

export function rolling(key: string, limitPico: bigint, amountPico: bigint, windowMs: number = minuteMs): HoldClaim {
  return hold(key, limitPico, amountPico, { span: { kind: "rolling", windowMs } });
}

export function claims(some: Partial<Claims>): Claims {
  return { windows: [], leases: [], holds: [], ...some };
}

let requests = 0;

/** A request with ids of its own unless they are given. */
export function admission(some: Partial<AdmitRequest>): AdmitRequest {
  requests += 1;
  return { callId: `call-${requests}`, attemptId: `att-${requests}`, ...claims(some), ...some };
}

type Admitted = Extract<AdmitResult, { kind: "admitted" }>;
type Refused = Extract<AdmitResult, { kind: "refused" }>;

export async function admits(store: LimitStore, request: AdmitRequest): Promise<Admitted> {
  const result = await store.admit(request);
  assert.equal(result.kind, "admitted", `refused: ${describe(result)}`);
  return result as Admitted;
}

export async function refuses<Kind extends Refusal["kind"]>(
  store: LimitStore,
  request: AdmitRequest,
  kind: Kind,
): Promise<Refused & { readonly refusal: Extract<Refusal, { kind: Kind }> }> {
  const result = await store.admit(request);
  assert.equal(result.kind, "refused", "admitted what does not fit");
  const refused = result as Refused;
  assert.equal(refused.refusal.kind, kind, describe(result));
  return refused as Refused & { readonly refusal: Extract<Refusal, { kind: Kind }> };
}

export async function windowOf(store: LimitStore, claim: WindowClaim): Promise<WindowState> {
  const [state] = (await store.peek(claims({ windows: [claim] }))).windows;
  assert.ok(state, "peek has no state for the window");
  return state;
}

export async function inFlight(store: LimitStore, claim: LeaseClaim): Promise<number> {
  const [state] = (await store.peek(claims({ leases: [claim] }))).leases;
  assert.ok(state, "peek has no state for the lease");
  return state.inFlight;
}

export async function budgetOf(store: LimitStore, claim: HoldClaim): Promise<PeekedBudget> {
  const [state] = (await store.peek(claims({ holds: [claim] }))).budgets;
  assert.ok(state, "peek has no state for the budget");
  return state;
}

function describe(result: AdmitResult): string {
  return JSON.stringify(result, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
}
