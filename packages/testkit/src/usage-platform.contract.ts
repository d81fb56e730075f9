import assert from "node:assert/strict";
import { type PlatformTrace, TenantryError, type TraceQuery, type UsagePlatform, usd } from "@tenantry/core";
import { awkwardIds } from "./awkward-ids.ts";
import { type Contract, defineContract } from "./contract.ts";
import type { CountedRequest, PlatformFault, UsagePlatformSubject } from "./usage-platform/subject.ts";

const start = Date.UTC(2026, 10, 1);
const period = { from: start, to: start + 86_400_000 };

function request(part: Partial<CountedRequest> = {}): CountedRequest {
  const traceId = part.traceId ?? "trace-1";
  return {
    traceId,
    tenantId: "apex",
    userId: "u-1",
    sessionId: "s-1",
    at: start + 1_000,
    tokens: 150,
    cost: "0.25",
    ...part,
  };
}

/** Digits that a float would change, and those that have to be rounded. */
const amounts: readonly (readonly [cost: string, pico: bigint])[] = [
  ["0.1", usd("0.1")],
  ["9007199254.740993", usd("9007199254.740993")],
  ["123456789.000000000001", usd("123456789.000000000001")],
  ["1.5e-7", usd("0.00000015")],
  ["0.30000000000000004", usd("0.3")],
  ["0.0000000000005", 0n],
  ["0.0000000000015", 2n],
];

const faults: readonly (readonly [PlatformFault, code: string])[] = [
  ["refuses", "upstream_error"],
  ["fails", "upstream_error"],
  ["unreadable", "upstream_error"],
  ["redirects", "upstream_error"],
  ["breaks-off", "unavailable"],
  ["hangs", "upstream_timeout"],
  ["gone", "unavailable"],
];

const sayingOf: Readonly<Record<PlatformFault, string>> = {
  refuses: "refuses the key",
  fails: "fails",
  unreadable: "cannot be understood",
  redirects: "sends elsewhere",
  "breaks-off": "breaks off in its answer",
  hangs: "does not answer in time",
  gone: "cannot be reached",
};

const questions: Readonly<Record<string, (platform: UsagePlatform) => Promise<unknown>>> = {
  tenantUsage: (platform) => platform.tenantUsage("apex", period),
  sessionUsage: (platform) => platform.sessionUsage("s-1", period),
  traces: (platform) => platform.traces({ period }),
  spans: (platform) => platform.spans("trace-1"),
  chart: (platform) =>
    platform.chart({ period, of: "traces", measure: "cost", as: "total", every: "day", tenantId: "apex" }),
};

async function failureOf(work: Promise<unknown>): Promise<TenantryError> {
  try {
    await work;
  } catch (error) {
    if (TenantryError.is(error)) return error;
    throw error;
  }
  return assert.fail("a failure looks like an answer");
}

async function allTraces(platform: UsagePlatform, query: TraceQuery): Promise<readonly PlatformTrace[]> {
  const seen: PlatformTrace[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 50; pages += 1) {
    const page = await platform.traces(cursor === null ? query : { ...query, cursor });
    seen.push(...page.items);
    cursor = page.next;
    if (cursor === null) return seen;
  }
  return assert.fail("the pages do not end");
}

/** What every `UsagePlatform` does. */
export const usagePlatformContract: Contract<UsagePlatformSubject> = defineContract("UsagePlatform", [
  {
    id: "P1",
    sentence: "figures are the platform's own, and amounts have its digits, rounded half-even at 10⁻¹² USD",
    reason: "a difference to the ledger that our own reading made up sends people looking for money that is not lost",
    async check({ platform, count }) {
      for (const [index, [cost]] of amounts.entries()) {
        count(request({ tenantId: `t-${index}`, sessionId: `s-${index}`, tokens: 2 ** 40 + index, cost }));
      }
      for (const [index, [, costPico]] of amounts.entries()) {
        const expected = { tokens: 2 ** 40 + index, requests: 1, costPico };
        assert.deepEqual(await platform.tenantUsage(`t-${index}`, period), { ...expected, sessions: 1 });
        assert.deepEqual(await platform.sessionUsage(`s-${index}`, period), { ...expected, sessions: null });
      }
    },
  },
  {
    id: "P2",
    sentence: "no data is null or an empty part, and a figure of 0 is a figure",
    reason: "a tenant nobody has heard of and a tenant that cost nothing are different answers (R6)",
    async check({ platform, count }) {
      assert.equal(await platform.tenantUsage("apex", period), null);
      assert.equal(await platform.sessionUsage("s-1", period), null);
      assert.deepEqual(await platform.traces({ period }), { items: [], next: null });
      count(request({ tokens: 0, cost: "0" }));
      assert.deepEqual(await platform.tenantUsage("apex", period), {
        tokens: 0,
        requests: 1,
        sessions: 1,
        costPico: 0n,
      });
    },
  },
  ...faults.map(([fault, code], index) => ({
    id: `P${10 + index}`,
    sentence: `a platform that ${sayingOf[fault]} is \`${code}\` for every question, told without the key and asked once`,
    reason: "a bad key that looks like no usage is believed for a month",
    async check({ platform, count, meet, questions: asked, key }: UsagePlatformSubject) {
      count(request());
      await meet(fault);
      for (const [name, ask] of Object.entries(questions)) {
        const before = asked();
        const error = await failureOf(ask(platform));
        assert.equal(error.code, code, `${name}: ${error.message}`);
        assert.ok(!`${error.message} ${error.publicMessage}`.includes(key), `${name} tells the key`);
        assert.ok(asked() - before <= 1, `${name} was asked ${asked() - before} times`);
      }
    },
  })),
  {
    id: "P3",
    sentence: "an id of any characters gets its own figures and nobody else's; one that cannot be asked for is refused",
    reason: "ids are the customers' own words: a slash in one must not open another's books (R4)",
    async check({ platform, count }) {
      for (const [index, id] of awkwardIds.entries()) {
        count(request({ tenantId: id, sessionId: id, traceId: `trace-${index}`, tokens: index + 1 }));
      }
      for (const [index, id] of awkwardIds.entries()) {
        assert.equal((await platform.tenantUsage(id, period))?.tokens, index + 1, JSON.stringify(id));
        assert.equal((await platform.sessionUsage(id, period))?.tokens, index + 1, JSON.stringify(id));
        const { items } = await platform.traces({ period, tenantId: id });
        assert.deepEqual([items.length, items[0]?.tenantId], [1, id]);
      }
      for (const id of ["", ".", "..", "../sessions/plain", "plain/../PLAIN"]) {
        const answer = await platform.tenantUsage(id, period).catch((error: unknown) => error);
        assert.ok(answer === null || (TenantryError.is(answer) && answer.code === "invalid_request"), id);
      }
    },
  },
  {
    id: "P4",
    sentence: "a period has its first instant and not its last",
    reason: "two months next to each other must not count an hour twice (R8)",
    async check({ platform, count }) {
      for (const at of [period.from - 1, period.from, period.to - 1, period.to]) {
        count(request({ at, traceId: `trace-${at}` }));
      }
      assert.equal((await platform.tenantUsage("apex", period))?.requests, 2);
      assert.equal((await allTraces(platform, { period })).length, 2);
    },
  },
  {
    id: "P5",
    sentence: "the parts of a list hold every trace once, newest first, and end",
    reason: "a sum over pages with a page twice, or missing, is wrong and looks right",
    async check({ platform, count }) {
      for (let index = 0; index < 23; index += 1) {
        const userId = index % 2 === 0 ? "even" : "odd";
        count(request({ traceId: `trace-${index}`, at: start + index, userId, tokens: index, cost: `0.${index}` }));
      }
      const traces = await allTraces(platform, { period, limit: 5 });
      assert.deepEqual(
        traces.map(({ id }) => id),
        Array.from({ length: 23 }, (_, index) => `trace-${22 - index}`),
      );
      assert.deepEqual(
        [traces[0]?.startedAt, traces[0]?.tokens, traces[0]?.costPico, traces[0]?.userId],
        [start + 22, 22, usd("0.22"), "even"],
      );
      assert.equal((await allTraces(platform, { period, userId: "odd", limit: 3 })).length, 11);
      const { items } = await platform.spans("trace-7");
      assert.deepEqual([items.length, items[0]?.traceId, items[0]?.tokens], [1, "trace-7", 7]);
    },
  },
  {
    id: "P6",
    sentence: "a limit outside 1–100 is an `invalid_request` that names it, before anything is asked",
    reason: "a platform that cuts a limit in silence makes pages look complete",
    async check({ platform, questions: asked }) {
      for (const limit of [0, 101, 1.5, Number.NaN]) {
        const error = await failureOf(platform.traces({ period, limit }));
        assert.deepEqual([error.code, error.issues[0]?.path], ["invalid_request", "limit"]);
      }
      assert.equal(asked(), 0);
    },
  },
]);
