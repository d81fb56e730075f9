import assert from "node:assert/strict";
import type { UsageLedger } from "@tenantry/core";
import { aCallRecord, aLine, anIntent } from "@tenantry/core/testing";
import type { Rule } from "../contract.ts";
import { rejectsWith } from "../rejections.ts";
import {
  aDenial,
  allPages,
  always,
  callQuery,
  installation,
  lineIdsOf,
  noon,
  tenant,
  totalOf,
  usageQuery,
} from "./queries.ts";
import type { UsageStoreSubject } from "./subject.ts";

export const readerRules: readonly Rule<UsageStoreSubject>[] = [
  {
    id: "Q7",
    sentence: "calls come newest first and page by page, each exactly once, while new ones arrive",
    reason: "an export that repeats or skips a call does not add up to the bill",
    async check({ ledger, reader }) {
      const ids = Array.from({ length: 23 }, (_, index) => `call-${index}`);
      // Several calls share an instant, so that a page ends among equals.
      for (const [index, id] of ids.entries()) await putCall(ledger, id, noon + Math.floor(index / 4));
      let arrived = 0;
      const found = await allPages(reader, installation, callQuery({ limit: 5 }), async () => {
        arrived += 1;
        await putCall(ledger, `new-${arrived}`, noon + 1_000 + arrived);
      });
      const old = found.map(({ callId }) => callId).filter((id) => id.startsWith("call-"));
      assert.deepEqual(old.toSorted(), ids.toSorted());
      const times = found.map(({ admittedAt }) => admittedAt);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => b - a),
      );
      assert.ok(arrived >= 4, "there were no pages to arrive between");
      const { calls, nextCursor } = await reader.calls(installation, callQuery());
      assert.deepEqual([calls.length, nextCursor], [23 + arrived, null]);
      assert.equal(calls[0]?.callId, `new-${arrived}`);
    },
  },
  {
    id: "Q8",
    sentence: "calls narrow by half-open period, tenant and session, also from page to page",
    reason: "a conversation's cost is the cost of its calls and no others",
    async check({ ledger, reader }) {
      await putCall(ledger, "before", noon - 1);
      await putCall(ledger, "first", noon, "tenant-a", "s");
      await putCall(ledger, "second", noon + 5, "tenant-a", "s");
      await putCall(ledger, "other", noon + 5, "tenant-b", "s");
      await putCall(ledger, "after", noon + 10, "tenant-a", "s");
      const ids = async (overrides: Parameters<typeof callQuery>[0]): Promise<string[]> =>
        (await allPages(reader, installation, callQuery({ limit: 1, ...overrides })))
          .map(({ callId }) => callId)
          .toSorted();
      const period = { from: noon, to: noon + 10 };
      assert.deepEqual(await ids({ period }), ["first", "other", "second"]);
      assert.deepEqual(await ids({ period, tenantId: "tenant-a" }), ["first", "second"]);
      assert.deepEqual(await ids({ tenantId: "tenant-a", sessionId: "s" }), ["after", "first", "second"]);
      assert.deepEqual(await ids({ period: { from: noon, to: noon } }), []);
      assert.deepEqual(await ids({ sessionId: "none" }), []);
    },
  },
  {
    id: "Q9",
    sentence: "a tenant's scope sees that tenant alone in every question",
    reason: "one customer reading another's usage is the end of both contracts (R4)",
    async check({ ledger, reader, flush }) {
      for (const tenantId of ["tenant-a", "tenant-b"]) {
        const who = { tenantId, callId: `call-${tenantId}`, sessionId: "shared", userId: "shared", feature: "shared" };
        const verdicts = [{ objectiveId: "errors", verdict: "good" }] as const;
        const line = aLine({ ...who, attemptId: `att-${tenantId}` });
        await ledger.settle({ line, call: aCallRecord({ ...who, verdicts }) });
        await ledger.deny(aDenial({ tenantId, userId: "shared" }));
      }
      await flush();
      const scope = tenant("tenant-a");
      const [row, ...others] = await reader.usage(scope, usageQuery({ groupBy: ["tenant"] }));
      assert.deepEqual(
        [row?.tenantId, row?.calls, row?.attempts, row?.denied, others.length],
        ["tenant-a", 1, 1, 1, 0],
      );
      for (const filter of [{ userId: "shared" }, { sessionId: "shared" }, { feature: "shared" }]) {
        assert.equal((await reader.usage(scope, usageQuery(filter)))[0]?.calls, 1);
      }
      const { counts, latencies } = await reader.sla(scope, { period: always });
      assert.deepEqual(
        [...counts, ...latencies].map(({ tenantId }) => tenantId),
        ["tenant-a", "tenant-a"],
      );
      const { calls } = await reader.calls(scope, callQuery({ sessionId: "shared" }));
      assert.deepEqual(
        calls.map(({ callId }) => callId),
        ["call-tenant-a"],
      );
      assert.equal((await reader.call(scope, "call-tenant-a"))?.lines.length, 1);
    },
  },
  {
    id: "Q10",
    sentence: "to a tenant's scope a foreign id answers exactly as an unknown one does",
    reason: "a different answer tells who else is a customer (R4)",
    async check({ ledger, reader }) {
      for (const tenantId of ["tenant-a", "tenant-b"]) {
        const who = { tenantId, callId: `call-${tenantId}` };
        const call = aCallRecord({ ...who, verdicts: [{ objectiveId: "errors", verdict: "good" }] });
        await ledger.settle({ line: aLine({ ...who, attemptId: `att-${tenantId}` }), call });
      }
      await ledger.open(anIntent({ tenantId: "tenant-b", callId: "call-open", attemptId: "att-open" }));
      const scope = tenant("tenant-a");
      for (const tenantId of ["tenant-b", "nobody"]) {
        assert.deepEqual(await reader.usage(scope, usageQuery({ tenantId, groupBy: ["tenant"] })), []);
        assert.deepEqual(await reader.sla(scope, { period: always, tenantId }), { counts: [], latencies: [] });
        assert.deepEqual(await reader.calls(scope, callQuery({ tenantId })), {
          calls: [],
          lines: [],
          nextCursor: null,
        });
      }
      for (const callId of ["call-tenant-b", "call-open", "unknown"])
        assert.equal(await reader.call(scope, callId), null);
      assert.notEqual(await reader.call(installation, "call-tenant-b"), null);
      assert.equal(await reader.call(installation, "unknown"), null);
    },
  },
  {
    id: "Q11",
    sentence: "a call is read with all its lines by ordinal and then by the time they were recorded, also in flight",
    reason: "an explanation that reorders attempts or hides a corrected line explains nothing",
    async check({ ledger, reader }) {
      const second = aLine({ attemptId: "att-2", ordinal: 2, recordedAt: noon + 1 });
      const late = aLine({ lineId: "line-late", recordedAt: noon + 900, supersedes: "att-1" });
      for (const line of [second, aLine(), late]) await ledger.settle({ line, call: null });
      assert.deepEqual(await lineIdsOf(reader, "call-1"), ["att-1", "line-late", "att-2"]);
      assert.equal((await reader.call(installation, "call-1"))?.call, null);
      assert.equal((await totalOf(reader)).calls, 0);
      await ledger.settle({ line: null, call: aCallRecord() });
      assert.deepEqual((await reader.call(tenant("tenant-a"), "call-1"))?.call, aCallRecord());
    },
  },
  {
    id: "Q12",
    sentence: "a question that cannot be answered is refused with the name of its field",
    reason: "a bad zone or cursor silently read as another one gives a plausible, wrong report",
    async check({ reader }) {
      const backwards = { from: noon, to: noon - 1 };
      const questions: readonly (readonly [string, () => Promise<unknown>])[] = [
        ["timeZone", () => reader.usage(installation, usageQuery({ timeZone: "Atlantis/Capital", groupBy: ["day"] }))],
        ["period", () => reader.usage(installation, usageQuery({ period: backwards }))],
        ["period", () => reader.sla(installation, { period: backwards })],
        ["period", () => reader.calls(installation, callQuery({ period: backwards }))],
        ["limit", () => reader.calls(installation, callQuery({ limit: 0 }))],
        ["limit", () => reader.calls(installation, callQuery({ limit: 1_001 }))],
        ["limit", () => reader.calls(installation, callQuery({ limit: 1.5 }))],
        ["cursor", () => reader.calls(installation, callQuery({ cursor: "made up" }))],
      ];
      for (const [field, ask] of questions) {
        const error = await rejectsWith("invalid_request", ask);
        assert.ok(
          error.issues.some(({ path }) => path === field || path.startsWith(`${field}.`)),
          `${field}: ${error.message}`,
        );
      }
      assert.deepEqual(await reader.calls(installation, callQuery({ limit: 1_000 })), {
        calls: [],
        lines: [],
        nextCursor: null,
      });
    },
  },
  {
    id: "Q13",
    sentence: "reading writes nothing: every question is answered while nothing can be written",
    reason: "a report must not hold up the calls beside it, and must be there when the disk is full (R9)",
    async check({ ledger, reader, breakWrites, mendWrites }) {
      await ledger.settle({ line: aLine(), call: aCallRecord() });
      await breakWrites();
      assert.equal((await totalOf(reader, { groupBy: ["day"] })).calls, 1);
      assert.equal((await reader.sla(installation, { period: always })).latencies[0]?.calls, 1);
      assert.equal((await reader.calls(installation, callQuery())).calls.length, 1);
      assert.deepEqual(await lineIdsOf(reader, "call-1"), ["att-1"]);
      await mendWrites();
    },
  },
  {
    id: "Q14",
    sentence: "a page of calls carries the lines of each, in the order of the calls, and nobody else's",
    reason: "a list with costs that asks call by call takes as many questions as it has rows (R4)",
    async check({ ledger, reader }) {
      for (const n of [1, 2, 3]) {
        const who = { callId: `call-${n}`, tenantId: "tenant-a" };
        const lines = Array.from({ length: n }, (_, index) =>
          aLine({ ...who, attemptId: `att-${n}-${index}`, ordinal: n - index }),
        );
        for (const line of lines) await ledger.settle({ line, call: null });
        await ledger.settle({ line: null, call: aCallRecord({ ...who, admittedAt: noon + n, attempts: n }) });
      }
      await putCall(ledger, "call-without", noon + 9);
      await ledger.settle({
        line: aLine({ callId: "call-2", attemptId: "foreign", tenantId: "tenant-b" }),
        call: null,
      });
      const { calls, lines } = await reader.calls(tenant("tenant-a"), callQuery({ limit: 3 }));
      assert.deepEqual(
        calls.map(({ callId }) => callId),
        ["call-without", "call-3", "call-2"],
      );
      assert.deepEqual(
        lines.map((of) => of.map(({ attemptId }) => attemptId)),
        [[], ["att-3-2", "att-3-1", "att-3-0"], ["att-2-1", "att-2-0"]],
      );
      assert.deepEqual(lines[1], (await reader.call(installation, "call-3"))?.lines);
    },
  },
  {
    id: "Q24",
    sentence:
      "a question for at most so many groups is refused when there are more, and answered whole when there are not",
    reason: "a report of a million sessions holds up every stream of the process that takes it",
    async check({ ledger, reader, flush }) {
      for (const n of [1, 2, 3]) {
        const who = { callId: `call-${n}`, sessionId: `session-${n}`, userId: `user-${n}` };
        await ledger.settle({ line: aLine({ ...who, attemptId: `att-${n}` }), call: aCallRecord(who) });
      }
      await ledger.deny(aDenial({ userId: "user-1" }));
      await flush();
      for (const dimension of ["session", "user"] as const) {
        const query = usageQuery({ groupBy: [dimension] });
        const all = await reader.usage(installation, query);
        assert.deepEqual(await reader.usage(installation, { ...query, mostGroups: all.length }), all);
        const refused = await rejectsWith("invalid_request", () =>
          reader.usage(installation, { ...query, mostGroups: all.length - 1 }),
        );
        assert.deepEqual(
          refused.issues.map(({ path }) => path),
          ["groupBy"],
        );
      }
      const none = await rejectsWith("invalid_request", () =>
        reader.usage(installation, usageQuery({ mostGroups: 0 })),
      );
      assert.deepEqual(
        none.issues.map(({ path }) => path),
        ["mostGroups"],
      );
    },
  },
];

async function putCall(
  ledger: UsageLedger,
  callId: string,
  admittedAt: number,
  tenantId = "tenant-a",
  sessionId: string | null = null,
): Promise<void> {
  await ledger.settle({ line: null, call: aCallRecord({ callId, admittedAt, tenantId, sessionId }) });
}
