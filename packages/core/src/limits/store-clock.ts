import type { Clock } from "../ports/clock.port.ts";
import type { AdmitResult, Claims, HoldClaim, LimitSpending, LimitStates, Refusal } from "../ports/limit-store.port.ts";
import type { Instant } from "../time/instant.ts";

/** What the wall clock said at a moment since the machine's start: kept with a store's data, for all its processes. */
export interface StoreAnchor {
  readonly bootId: string;
  readonly wall: Instant;
  readonly bootMs: number;
}

const tremblesMs = 5;

/** The time of a store of limits. */
export interface StoreClock {
  /** Null where the machine has no clock that nobody sets: then the wall clock is all there is. */
  readonly anchor: StoreAnchor | null;
  /** Moves on as real time does while the machine runs, whatever becomes of the wall clock. */
  now(): Instant;
  /** What to add to an instant of this time to tell it on the wall clock, ms. */
  lagMs(): number;
}

/**
 * Binds a store's time to the clock that starts with the machine. The wall clock is asked once for each start of the
 * machine, by the first process that opens the store, so a wall clock that is set forward makes no entry old before its
 * time, and one that is set back none young again (R3).
 *
 * @param stored the anchor the store has; it holds unless the machine has been started since.
 */
export function bindStoreClock(clock: Clock, stored: StoreAnchor | null): StoreClock {
  const { sinceBoot } = clock;
  if (sinceBoot === undefined) return { anchor: null, now: () => clock.now(), lagMs: () => 0 };
  const { bootId } = sinceBoot;
  const isSame = stored !== null && stored.bootId === bootId;
  const anchor = isSame ? stored : { bootId, wall: clock.now(), bootMs: sinceBoot.ms() };
  const now = (): Instant => Math.floor(anchor.wall + sinceBoot.ms() - anchor.bootMs);
  let lagMs = 0;
  return {
    anchor,
    now,
    lagMs() {
      const before = now();
      const seen = clock.now() - before;
      // Both clocks tick in whole milliseconds, and the process may stand still between two looks: what is told must not
      // tremble, or calls that a window kept apart would seem to be closer. Only a clock that was set is another.
      if (now() - before <= 1 && Math.abs(seen - lagMs) > tremblesMs) lagMs = seen;
      return lagMs;
    },
  };
}

/**
 * A fact told on the wall clock, on the store's time. The two may have been closer, or further apart, when it happened:
 * what is added counts from the later of both, and what is taken back from the earlier, as in `lateStamp`.
 */
export function spendingOnStore(spending: LimitSpending, lagMs: number): LimitSpending {
  if (lagMs === 0) return spending;
  const { at, amountPico } = spending;
  return { ...spending, at: amountPico < 0n ? Math.min(at, at - lagMs) : Math.max(at, at - lagMs) };
}

/** Where the counts of these claims stand, told on the wall clock. */
export function statesOnWall<States extends LimitStates>(
  states: States,
  { holds }: Pick<Claims, "holds">,
  lagMs: number,
): States {
  if (lagMs === 0) return states;
  return {
    ...states,
    windows: states.windows.map((state) => ({ ...state, resetAt: state.resetAt + lagMs })),
    budgets: states.budgets.map((state, index) =>
      isCalendar(holds[index]) ? state : { ...state, resetAt: moved(state.resetAt, lagMs) },
    ),
  };
}

/** An answer to an admission, told on the wall clock. */
export function resultOnWall(result: AdmitResult, request: Pick<Claims, "holds">, lagMs: number): AdmitResult {
  if (lagMs === 0) return result;
  const at = result.at + lagMs;
  return result.kind === "admitted"
    ? { ...result, at, states: statesOnWall(result.states, request, lagMs) }
    : { ...result, at, refusal: refusalOnWall(result.refusal, request, lagMs) };
}

function refusalOnWall(refusal: Refusal, { holds }: Pick<Claims, "holds">, lagMs: number): Refusal {
  switch (refusal.kind) {
    case "window":
      return { ...refusal, fitsAt: moved(refusal.fitsAt, lagMs) };
    case "budget":
      return isCalendar(holds.find(({ budgetId }) => budgetId === refusal.budgetId))
        ? refusal
        : { ...refusal, resetAt: moved(refusal.resetAt, lagMs) };
    case "lease":
      return refusal;
  }
}

/** A calendar period is on the wall clock anyway. */
function isCalendar(claim: HoldClaim | undefined): boolean {
  return claim?.span.kind === "calendar";
}

function moved(instant: Instant | null, lagMs: number): Instant | null {
  return instant === null ? null : instant + lagMs;
}
