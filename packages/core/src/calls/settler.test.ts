import { describe, expect, it } from "vitest";
import { TenantryError } from "../errors/tenantry-error.ts";
import type { LimitStore } from "../ports/limit-store.port.ts";
import { type Log, silentLog } from "../ports/log.port.ts";
import type { UsageLedger } from "../ports/usage-ledger.port.ts";
import { aCallRecord, aLine } from "../testing/builders.ts";
import { createManualClock, type ManualClock } from "../testing/manual-clock.ts";
import { type Closing, createSettler, type Settler } from "./settler.ts";

const closing = (name: string, some: Partial<Closing> = {}): Closing => ({
  settlement: { line: aLine({ attemptId: name, callId: `call-${name}` }), call: null },
  limits: null,
  release: null,
  ...some,
});

interface Stand {
  readonly settler: Settler;
  readonly clock: ManualClock;
  /** What reached the ledger, tries that failed included, as `name` or `name!`. */
  readonly tried: string[];
  /** What was logged, as `event call waiting`. */
  readonly logged: string[];
  /** Decides about the next tries. */
  store: { works: boolean | Promise<void>; refused?: string };
  readonly limitCalls: string[];
}

function aStand(): Stand {
  const clock = createManualClock();
  const store: Stand["store"] = { works: true };
  const tried: string[] = [];
  const logged: string[] = [];
  const limitCalls: string[] = [];
  const settle: UsageLedger["settle"] = async ({ line }) => {
    const name = line?.attemptId ?? "record";
    if (typeof store.works === "object") {
      tried.push(`${name}?`);
      await store.works;
      return line;
    }
    const works = store.works && name !== store.refused;
    tried.push(works ? name : `${name}!`);
    if (!works) throw new TenantryError("unavailable", "disk full");
    return line;
  };
  const log: Log = {
    ...silentLog,
    error: (event, fields) =>
      void logged.push([event, fields["callId"], fields["waiting"] ?? "", fields["reason"] ?? ""].join(" ").trim()),
  };
  const limits = {
    settle: ({ attemptId, spentPico }) => {
      limitCalls.push(`settle ${attemptId} ${spentPico}`);
      return Promise.resolve({ reached: [] });
    },
    release: ({ callId, tokens }) => Promise.resolve(void limitCalls.push(`release ${callId} ${tokens}`)),
  } satisfies Partial<LimitStore> as unknown as LimitStore;
  const ledger = { settle } as UsageLedger;
  return { settler: createSettler({ ledger, limits, clock, log }), clock, tried, logged, store, limitCalls };
}

/** Lets everything run that can run without time passing. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

describe("a settlement", () => {
  it("that works is written once, with what it spent and releases", async () => {
    const { settler, tried, limitCalls, logged, clock } = aStand();
    const whole = closing("a", {
      limits: { callId: "call-a", attemptId: "a", spentPico: 5n },
      release: { callId: "call-a", tokens: 10 },
    });
    expect(await settler.settle(whole)).toMatchObject({ settled: true });
    expect(tried).toEqual(["a"]);
    expect(limitCalls).toEqual(["settle a 5", "release call-a 10"]);
    expect([settler.pending(), clock.sleeping(), logged]).toEqual([0, 0, []]);
  });

  it("is begun at all its stores in one turn, so that one store can write it in one step", () => {
    const { settler, tried, limitCalls } = aStand();
    void settler.settle(closing("a", { release: { callId: "call-a", tokens: null } }));
    expect(tried).toEqual(["a"]);
    expect(limitCalls).toEqual(["release call-a null"]);
  });

  it("that fails is not the caller's failure: it is reported, kept and written later", async () => {
    const { settler, clock, tried, logged, store } = aStand();
    store.works = false;
    expect(await settler.settle(closing("a"))).toMatchObject({ settled: false });
    expect(settler.pending()).toBe(1);
    expect(logged).toEqual(["settlement-postponed call-a 1 disk full"]);
    await clock.advance(500);
    expect(tried).toEqual(["a!", "a!"]);
    store.works = true;
    await clock.advance(499);
    expect(settler.pending()).toBe(1);
    await clock.advance(1);
    expect(tried).toEqual(["a!", "a!", "a"]);
    expect([settler.pending(), clock.sleeping()]).toEqual([0, 0]);
  });

  it("of a record alone is named by its call", async () => {
    const { settler, logged, store } = aStand();
    store.works = false;
    await settler.settle({
      settlement: { line: null, call: aCallRecord({ callId: "c" }) },
      limits: null,
      release: null,
    });
    await settler.settle({ settlement: { line: null, call: null }, limits: null, release: null });
    expect(logged[0]).toBe("settlement-postponed c 1 disk full");
    expect(logged).toHaveLength(2);
  });

  it("is retried by one loop, in the order in which they came, whatever comes meanwhile", async () => {
    const { settler, clock, tried, store } = aStand();
    store.works = false;
    for (const name of ["a", "b", "c"]) await settler.settle(closing(name));
    expect(clock.sleeping()).toBe(1);
    tried.length = 0;
    await clock.advance(500);
    expect(tried).toEqual(["a!"]);
    store.works = true;
    expect(await settler.settle(closing("d"))).toMatchObject({ settled: true });
    await clock.advance(500);
    expect(tried).toEqual(["a!", "d", "a", "b", "c"]);
    expect(settler.pending()).toBe(0);
  });

  it("that no store takes does not keep the others back for ever", async () => {
    const { settler, clock, tried, store } = aStand();
    store.works = false;
    for (const name of ["a", "b", "c"]) await settler.settle(closing(name));
    store.works = true;
    store.refused = "a";
    tried.length = 0;
    await clock.advance(500 * 6);
    expect(tried).toEqual(["a!", "a!", "a!", "a!", "a!", "b", "c", "a!"]);
    expect(settler.pending()).toBe(1);
  });

  it("is retried again after an outage that came back", async () => {
    const { settler, clock, tried, store } = aStand();
    for (const name of ["a", "b"]) {
      store.works = false;
      await settler.settle(closing(name));
      store.works = true;
      await clock.advance(500);
    }
    expect(tried).toEqual(["a!", "a", "b!", "b"]);
    expect([settler.pending(), clock.sleeping()]).toEqual([0, 0]);
  });
});

describe("what waits", () => {
  it("is bounded: beyond ten thousand the oldest is given up, and said so", async () => {
    const { settler, clock, tried, logged, store } = aStand();
    store.works = false;
    for (let index = 0; index < 10_002; index += 1) await settler.settle(closing(String(index)));
    expect(settler.pending()).toBe(10_000);
    expect(logged.filter((entry) => entry.startsWith("settlement-given-up"))).toEqual([
      "settlement-given-up call-0",
      "settlement-given-up call-1",
    ]);
    store.works = true;
    tried.length = 0;
    await clock.advance(500);
    for (let turn = 0; turn < 100_000 && settler.pending() > 0; turn += 1) await Promise.resolve();
    expect(tried).toEqual(Array.from({ length: 10_000 }, (_, index) => String(index + 2)));
  });

  it("loses nothing when the one being written is given up meanwhile", async () => {
    const { settler, clock, tried, store } = aStand();
    store.works = false;
    for (let index = 0; index < 10_000; index += 1) await settler.settle(closing(String(index)));
    tried.length = 0;
    let answer: () => void = () => undefined;
    store.works = new Promise((resolve) => (answer = resolve));
    await clock.advance(500);
    expect(tried).toEqual(["0?"]);
    // While the store still writes the first, another failure pushes it out of the list.
    store.works = false;
    await settler.settle(closing("late"));
    store.works = true;
    answer();
    for (let turn = 0; turn < 100_000 && settler.pending() > 0; turn += 1) await Promise.resolve();
    expect(settler.pending()).toBe(0);
    expect(tried).toEqual(["0?", "late!", ...Array.from({ length: 9_999 }, (_, index) => String(index + 1)), "late"]);
  });
});

describe("closing", () => {
  it("writes what waits once more, at once, and says that nothing is left", async () => {
    const { settler, clock, tried, store } = aStand();
    store.works = false;
    for (const name of ["a", "b"]) await settler.settle(closing(name));
    store.works = true;
    tried.length = 0;
    expect(await settler.close(1_000)).toBe(0);
    expect(tried).toEqual(["a", "b"]);
    expect(clock.sleeping()).toBe(0);
  });

  it("of a settler that owes nothing is done at once", async () => {
    const { settler, clock } = aStand();
    expect(await settler.close(1_000)).toBe(0);
    expect(clock.sleeping()).toBe(0);
  });

  it("tries once, says what is left, and stops retrying", async () => {
    const { settler, clock, tried, store } = aStand();
    store.works = false;
    for (const name of ["a", "b"]) await settler.settle(closing(name));
    tried.length = 0;
    expect(await settler.close(1_000)).toBe(2);
    expect(tried).toEqual(["a!"]);
    await clock.advance(60_000);
    expect(tried).toEqual(["a!"]);
    expect(clock.sleeping()).toBe(0);
  });

  it("gives up at the deadline on a store that hangs", async () => {
    const { settler, clock, store } = aStand();
    store.works = false;
    await settler.settle(closing("a"));
    store.works = new Promise(() => undefined);
    let left: number | null = null;
    void settler.close(1_000).then((count) => (left = count));
    await clock.advance(999);
    expect(left).toBeNull();
    await clock.advance(1);
    expect(left).toBe(1);
  });

  it("gives up at the deadline also when a retry hangs already", async () => {
    const { settler, clock, store, tried } = aStand();
    store.works = false;
    await settler.settle(closing("a"));
    store.works = new Promise(() => undefined);
    await clock.advance(500);
    expect(tried).toEqual(["a!", "a?"]);
    let left: number | null = null;
    void settler.close(1_000).then((count) => (left = count));
    await turns();
    await clock.advance(1_000);
    expect(left).toBe(1);
  });

  it("keeps and reports what fails afterwards, without retrying", async () => {
    const { settler, clock, logged, store } = aStand();
    await settler.close(10);
    store.works = false;
    expect(await settler.settle(closing("late"))).toMatchObject({ settled: false });
    expect([settler.pending(), clock.sleeping()]).toEqual([1, 0]);
    expect(logged).toHaveLength(1);
  });
});
