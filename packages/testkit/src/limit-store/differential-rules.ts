import assert from "node:assert/strict";
import type {
  AdmitRequest,
  AdmitResult,
  HoldClaim,
  LimitSpending,
  LimitStore,
  Period,
  Rollover,
  WindowClaim,
} from "@tenantry/core";
import type { ManualClock } from "@tenantry/core/testing";
import type { Rule } from "../contract.ts";
import { createSeededRandom, type SeededRandom } from "../seeded-random.ts";
import {
  admission,
  calls,
  claims,
  hold,
  lastMonth,
  lease,
  minuteMs,
  nextMonth,
  rolling,
  thisMonth,
  tokens,
} from "./claims.ts";
import { createReferenceLimits } from "./reference-limits.ts";
import type { LimitStoreSubject } from "./subject.ts";

const seeds = [1, 2, 3, 4];
const steps = 120;

export const differentialRules: readonly Rule<LimitStoreSubject>[] = [
  {
    id: "L29",
    sentence: "on random traffic every answer equals the one computed from the whole history",
    reason: "a store keeps sums and forgets; what it answers must be as if it had not",
    async check({ store, clock }) {
      for (const seed of seeds) await compareRandomTraffic(store, clock, createSeededRandom(seed), `s${seed}-`);
    },
  },
  {
    id: "L30",
    sentence: "on random traffic under a clock that keeps stepping either way, exactly the same calls are admitted",
    reason: "machines correct their clocks, sometimes by hours, in the middle of the busiest minute",
    async check({ store, clock }) {
      for (const seed of seeds) await compareUnderSteps(store, clock, createSeededRandom(seed), `c${seed}`);
    },
  },
];

async function compareRandomTraffic(
  store: LimitStore,
  clock: ManualClock,
  random: SeededRandom,
  prefix: string,
): Promise<void> {
  const reference = createReferenceLimits(() => clock.now());
  const open: AdmitRequest[] = [];
  for (let step = 0; step < steps; step += 1) {
    if (random.chance(0.6)) await clock.advance(random.pick([0, 1, 500, 7_000, minuteMs / 2, minuteMs]));
    const done = random.chance(0.4) ? open.splice(random.int(0, open.length - 1), 1)[0] : undefined;
    if (done !== undefined) {
      const { callId, attemptId, holds } = done;
      const settlement = { callId, attemptId, spentPico: BigInt(random.int(0, 70)), claims: holds };
      const release = { callId: done.callId, tokens: random.chance(0.2) ? null : random.int(0, 60) };
      assert.deepEqual(await store.settle(settlement), reference.settle(settlement), `settle at ${step} of ${prefix}`);
      await store.release(release);
      reference.release(release);
    }
    if (random.chance(0.4)) {
      const spending = randomSpending(random, prefix, clock.now());
      await store.spend(spending);
      reference.spend(spending);
    }
    const request = randomRequest(random, prefix);
    const expected = reference.admit(request);
    assert.deepEqual(comparable(await store.admit(request)), comparable(expected), `step ${step} of ${prefix}`);
    if (expected.kind === "admitted") open.push(request);
    const looked = claims({ windows: request.windows, leases: request.leases, holds: request.holds });
    assert.deepEqual(await store.peek(looked), reference.read(looked), `peek at step ${step} of ${prefix}`);
  }
}

/** When money that is still held leaves cannot be known, so only budgets without holds are compared by that. */
function comparable(result: AdmitResult): AdmitResult {
  if (result.kind === "admitted" || result.refusal.kind !== "budget" || result.refusal.heldPico === 0n) return result;
  return { ...result, refusal: { ...result.refusal, resetAt: null } };
}

function randomRequest(random: SeededRandom, prefix: string): AdmitRequest {
  const some = <Item>(items: readonly Item[]): Item[] => items.filter(() => random.chance(0.5));
  const key = (name: string): string => `${prefix}${name}${random.int(1, 2)}`;
  const holds = randomHolds(random, key);
  const windows: WindowClaim[] = [
    calls(key("calls"), 4),
    tokens(key("tokens"), 100, random.int(0, 110)),
    calls(key("hour"), 9, { windowMs: 5 * minuteMs }),
  ];
  return admission({ windows: some(windows), leases: some([lease(key("lease"), 5)]), holds: some(holds) });
}

function randomHolds(random: SeededRandom, key: (name: string) => string): HoldClaim[] {
  return [
    hold(key("month"), 900n, BigInt(random.int(0, 60))),
    hold(key("next"), 100n, BigInt(random.int(0, 60)), {
      span: { kind: "calendar", period: random.pick([thisMonth, nextMonth]) },
    }),
    rolling(key("rolling"), 120n, BigInt(random.int(0, 130)), 2 * minuteMs),
    { ...rolling(key("soft"), 20n, BigInt(random.int(0, 30))), breach: "warn", alertAtPercent: [50, 80, 100] },
    // The limit moves as top-ups come and go, and calls that are late in the old period come after the new one's.
    hold(key("rolled"), random.pick([100n, 100n, 160n]), BigInt(random.int(0, 60)), {
      ...random.pick([
        { span: { kind: "calendar", period: thisMonth }, rollover: rolloverOf(lastMonth, 30n) },
        { span: { kind: "calendar", period: nextMonth }, rollover: rolloverOf(thisMonth, 70n) },
      ] as const),
      alertAtPercent: [80, 100],
    }),
  ];
}

/** Facts of the last minutes, some of them told twice. */
function randomSpending(random: SeededRandom, prefix: string, now: number): LimitSpending {
  const key = (name: string): string => `${prefix}${name}${random.int(1, 2)}`;
  return {
    spendingId: `${prefix}fact-${random.int(1, 60)}`,
    claims: randomHolds(random, key).filter(() => random.chance(0.5)),
    amountPico: BigInt(random.int(-50, 40)),
    at: now - random.pick([0, 0, 1, 700, 31_000, minuteMs, 2 * minuteMs - 1, 2 * minuteMs, 4 * minuteMs]),
  };
}

function rolloverOf(previous: Period, atMostPico: bigint): Rollover {
  return { previous, previousLimitPico: 100n, atMostPico };
}

/** Steps the wall clock either way. The reference goes by the time that really passes; instants are compared as waits. */
async function compareUnderSteps(
  store: LimitStore,
  clock: ManualClock,
  random: SeededRandom,
  key: string,
): Promise<void> {
  const start = clock.now() - clock.monotonicMs();
  const reference = createReferenceLimits(() => start + clock.monotonicMs());
  for (let step = 0; step < steps; step += 1) {
    await clock.advance(random.pick([0, 1, 800, 9_000, 31_000]));
    const request = admission({ windows: [tokens(key, 20, random.int(1, 9))] });
    const expected = reference.admit(request);
    assert.deepEqual(asWaits(await store.admit(request)), asWaits(expected), `step ${step} of ${key}`);
    if (random.chance(0.3)) {
      const stepMs = random.pick([1, 5_000, minuteMs, 24 * 60 * minuteMs]);
      clock.setWall(clock.now() + (random.chance(0.6) ? -stepMs : stepMs));
    }
  }
}

function asWaits(result: AdmitResult): unknown {
  if (result.kind === "admitted") {
    const [window] = result.states.windows;
    return { remaining: window?.remaining, wait: (window?.resetAt ?? 0) - result.at };
  }
  const { refusal } = result;
  return refusal.kind === "window" ? { ...refusal, fitsAt: (refusal.fitsAt ?? 0) - result.at } : refusal;
}
