import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it, test } from "vitest";
import { type RowDimension, type UsageFilter, usageStatement } from "../src/usage-statements.ts";
import { linesOfPage, pageOfCalls } from "../src/read-calls.ts";
import { pageOfSpans, pageOfTraces } from "../src/read-traces.ts";
import { linesOfIds, spansOfIds, spansOfTraces } from "../src/span-lookups.ts";
import { type Bench, createBench } from "./open-subjects.ts";

let bench: Bench;
let db: DatabaseSync;

beforeEach(async () => {
  bench = createBench();
  await (await bench.open()).close();
  db = new DatabaseSync(bench.path, { readOnly: true });
});

afterEach(async () => {
  db.close();
  await bench.close();
});

/** What SQLite would do, one step a line; `SCAN` reads a whole table. */
function planOf(sql: string): readonly string[] {
  return db
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all()
    .map(({ detail }) => String(detail));
}

const everything: UsageFilter = { tenantId: null, userId: null, sessionId: null, feature: null };
const ofOneTenant: UsageFilter = { ...everything, tenantId: "a" };
/** Tables with a row per call, line or denial, and those that grow with time. */
const long = /SCAN (?:f|c|l|lines|calls|denials)\b(?! USING)/;

const statements: readonly (readonly [string, UsageFilter, readonly RowDimension[]])[] = [
  ["usage by tenant", everything, ["tenant"]],
  ["a statement of one tenant", ofOneTenant, ["feature", "model"]],
  ["a tenant's users", ofOneTenant, ["user"]],
  ["features used", everything, ["featureUsed"]],
];

test.each(statements)(
  "%s reads spans of roll-ups and the edges of the interval, never a whole table",
  (_name, filter, by) => {
    const sources = [
      "lines",
      "calls",
      "denials",
      "roll-ups",
      "wide-roll-ups",
      "day-roll-ups",
      "denial-roll-ups",
    ] as const;
    for (const source of sources) {
      const statement = usageStatement(source, by, filter);
      if (statement === null) continue;
      const plan = planOf(statement.sql);
      expect(
        plan.filter((step) => long.test(step)),
        `${source}: ${plan.join("; ")}`,
      ).toEqual([]);
      if (source.endsWith("roll-ups")) {
        expect(plan).toContainEqual(
          expect.stringMatching(/^SEARCH f USING PRIMARY KEY \(group_id=\? AND bucket>\? AND bucket<\?\)/),
        );
        if (filter.tenantId !== null)
          expect(plan).toContainEqual(expect.stringMatching(/^SEARCH g USING INDEX \w+_by_tenant/));
      } else {
        expect(plan).toContainEqual(expect.stringMatching(/^SEARCH f USING (?:INDEX|PRIMARY KEY|COVERING INDEX)/));
      }
    }
  },
);

it.each([
  [false, false, "calls_by_time"],
  [true, false, "calls_by_tenant"],
  [false, true, "calls_by_session"],
  [true, true, "calls_by_session"],
])("a page of calls (of a tenant: %s, of a session: %s) comes off its index in order", (byTenant, bySession, index) => {
  const plan = planOf(pageOfCalls(byTenant, bySession));
  expect(plan).toContainEqual(expect.stringContaining(`SEARCH c USING INDEX ${index}`));
  expect(plan.filter((step) => step.includes("TEMP B-TREE"))).toEqual([]);
});

it("the lines of a page come off the index of their calls, in one statement", () => {
  expect(planOf(linesOfPage)).toContainEqual(
    expect.stringMatching(/^SEARCH l USING INDEX lines_by_call \(call_id=\?\)/),
  );
});

it.each([
  [[], "time"],
  [["tenantId"], "tenant"],
  [["tenantId", "userId"], "tenant"],
  [["sessionId"], "session"],
  [["tenantId", "sessionId"], "session"],
] as const)("a page of traces narrowed by %j comes off its index in order, and reads no span", (filter, index) => {
  for (const order of ["oldest-first", "newest-first"] as const) {
    const plan = planOf(pageOfTraces(order, filter));
    expect(plan[0]).toMatch(
      new RegExp(`^SEARCH m USING INDEX tenant_traces_by_${index} \\(.*started_at>\\? AND started_at<\\?`),
    );
    expect(plan.slice(1)).toEqual([
      "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)",
      // Those of one instant.
      "USE TEMP B-TREE FOR LAST 3 TERMS OF ORDER BY",
    ]);
  }
});

it.each([
  ["the traces of an id", pageOfTraces("newest-first", ["traceId"])],
  ["the spans of a trace", pageOfSpans(true, true)],
  ["whole traces", spansOfTraces],
  ["spans of answers", spansOfIds("response_id")],
  ["spans of attempts", spansOfIds("attempt_id")],
  ["lines of calls", linesOfIds.calls],
  ["lines of answers", linesOfIds.responses],
  ["lines of attempts", linesOfIds.attempts],
])("%s are looked up, and nothing is scanned but the question", (_name, sql) => {
  const plan = planOf(sql);
  expect(plan.some((step) => step.startsWith("SEARCH"))).toBe(true);
  expect(plan.filter((step) => step.startsWith("SCAN") && step !== "SCAN q VIRTUAL TABLE INDEX 1:")).toEqual([]);
});
