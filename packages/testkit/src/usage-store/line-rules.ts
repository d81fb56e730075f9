import assert from "node:assert/strict";
import type { LedgerLine, LineQuery, QueryScope, UsageReader } from "@tenantry/core";
import { aCallRecord, aLine, anIntent } from "@tenantry/core/testing";
import type { Rule } from "../contract.ts";
import { rejectsWith } from "../rejections.ts";
import { always, installation, noon, tenant } from "./queries.ts";
import type { UsageStoreSubject } from "./subject.ts";

export const lineRules: readonly Rule<UsageStoreSubject>[] = [
  {
    id: "Q20",
    sentence:
      "lines in force come oldest first and page by page, each once and equal to what was settled, while others are appended",
    reason: "a correction that skips a line leaves a wrong cost; one that meets a line twice corrects it twice",
    async check({ ledger, reader }) {
      const settled = Array.from({ length: 23 }, (_, index) =>
        aLine({ attemptId: `att-${index}`, callId: `call-${index}`, occurredAt: noon + Math.floor(index / 4) }),
      );
      for (const line of settled) await ledger.settle({ line, call: null });
      let appended = 0;
      const found = await allLines(reader, installation, { limit: 5 }, async (page) => {
        const last = page.at(-1) as LedgerLine;
        appended += 1;
        await ledger.settle({ line: { ...last, lineId: `${last.lineId}~1`, supersedes: last.lineId }, call: null });
      });
      const old = found.filter(({ supersedes }) => supersedes === null);
      assert.deepEqual(old.map(({ lineId }) => lineId).toSorted(), settled.map(({ lineId }) => lineId).toSorted());
      for (const line of old)
        assert.deepEqual(
          line,
          settled.find(({ lineId }) => lineId === line.lineId),
        );
      const times = found.map(({ occurredAt }) => occurredAt);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
      assert.ok(appended >= 4, "there were no pages to append between");
      assert.equal(new Set(found.map(({ lineId }) => lineId)).size, found.length);
    },
  },
  {
    id: "Q21",
    sentence: "a line that another supersedes is not among them, in whatever order the two arrived",
    reason: "correcting a line that is out of force puts two lines in its place",
    async check({ ledger, reader }) {
      const first = aLine();
      const second = aLine({ attemptId: "att-2" });
      const lines = [
        first,
        aLine({ lineId: "att-1~1", supersedes: "att-1", costPico: 7n }),
        aLine({ lineId: "att-2~1", attemptId: "att-2", supersedes: "att-2", costPico: 9n }),
        second,
      ];
      for (const line of lines) await ledger.settle({ line, call: null });
      await ledger.open(anIntent({ attemptId: "att-open", callId: "call-open" }));
      await ledger.settle({ line: null, call: aCallRecord() });
      const found = await allLines(reader, installation, { limit: 10 });
      assert.deepEqual(found.map(({ lineId }) => lineId).toSorted(), ["att-1~1", "att-2~1"]);
    },
  },
  {
    id: "Q22",
    sentence: "lines narrow by half-open period, tenant and scope, also from page to page",
    reason: "a correction of one customer's month must not touch another's, or another month (R4)",
    async check({ ledger, reader }) {
      for (const tenantId of ["tenant-a", "tenant-b"]) {
        for (const after of [-1, 0, 5, 9, 10]) {
          const attemptId = `${tenantId}:${after}`;
          await ledger.settle({
            line: aLine({ tenantId, attemptId, callId: attemptId, occurredAt: noon + after }),
            call: null,
          });
        }
      }
      const period = { from: noon, to: noon + 10 };
      const ids = async (scope: QueryScope, query: Partial<LineQuery>): Promise<readonly string[]> =>
        (await allLines(reader, scope, { limit: 1, period, ...query })).map(({ lineId }) => lineId);
      const ofA = ["tenant-a:0", "tenant-a:5", "tenant-a:9"];
      assert.deepEqual(await ids(installation, { tenantId: "tenant-a" }), ofA);
      assert.deepEqual(await ids(tenant("tenant-a"), {}), ofA);
      assert.deepEqual(await ids(tenant("tenant-a"), { tenantId: "tenant-b" }), []);
      assert.deepEqual(await ids(installation, { tenantId: "nobody" }), []);
      assert.equal((await ids(installation, {})).length, 6);
    },
  },
  {
    id: "Q23",
    sentence: "a question for lines that cannot be answered is refused with the name of its field",
    reason: "a broken cursor read as the first page begins again without end",
    async check({ reader }) {
      const questions: readonly (readonly [string, Partial<LineQuery>])[] = [
        ["period", { period: { from: noon, to: noon - 1 } }],
        ["limit", { limit: 0 }],
        ["limit", { limit: 1_001 }],
        ["cursor", { cursor: "made up" }],
      ];
      for (const [field, query] of questions) {
        const error = await rejectsWith("invalid_request", () =>
          reader.lines(installation, { period: always, limit: 1, ...query }),
        );
        assert.deepEqual(
          error.issues.map(({ path }) => path),
          [field],
        );
      }
    },
  },
];

/** Every line of a query, page by page. `between` runs after each page but the last. */
async function allLines(
  reader: UsageReader,
  scope: QueryScope,
  query: Partial<LineQuery>,
  between: (page: readonly LedgerLine[]) => Promise<void> = async () => {},
): Promise<readonly LedgerLine[]> {
  const found: LedgerLine[] = [];
  const asked: LineQuery = { period: always, limit: 100, ...query };
  let cursor: string | undefined;
  for (let page = 0; page < 1_000; page += 1) {
    const { lines, nextCursor } = await reader.lines(scope, cursor === undefined ? asked : { ...asked, cursor });
    assert.ok(lines.length <= asked.limit, `a page of ${lines.length} lines where ${asked.limit} were asked for`);
    found.push(...lines);
    if (nextCursor === null) return found;
    cursor = nextCursor;
    await between(lines);
  }
  assert.fail("paging does not end");
}
