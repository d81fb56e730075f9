import assert from "node:assert/strict";
import { type AllowanceTerms, type LedgerLine, usageOf } from "@tenantry/core";
import { aLine } from "@tenantry/core/testing";
import type { Rule } from "../contract.ts";
import { rejectsWith } from "../rejections.ts";
import { installation, noon, totalOf } from "./queries.ts";
import { writeRandomAllowances } from "./random-allowances.ts";
import type { UsageClient, UsageStoreSubject } from "./subject.ts";

const month = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 1, 1) };
const next = { from: Date.UTC(2026, 1, 1), to: Date.UTC(2026, 2, 1) };

/** What a line of this charge may draw on. */
function terms(chargePico: bigint, overrides: Partial<AllowanceTerms> = {}): AllowanceTerms {
  const exact = { numerator: chargePico, denominator: 1n };
  return { id: "usd-month", unit: "usd", limit: 10n, period: month, exact, ...overrides };
}

function line(attemptId: string, chargePico: bigint, overrides: Partial<LedgerLine> = {}): LedgerLine {
  return aLine({ attemptId, callId: attemptId, costPico: 3n, chargePico, ...overrides });
}

/** Settles a line by itself and answers its charge as it is stored. */
async function charge(
  { ledger }: Pick<UsageClient, "ledger">,
  attemptId: string,
  chargePico: bigint,
  overrides: Partial<AllowanceTerms> = {},
  of: Partial<LedgerLine> = {},
): Promise<bigint | null | undefined> {
  const settled = { line: line(attemptId, chargePico, of), terms: terms(chargePico, overrides), call: null };
  return (await ledger.settle(settled))?.chargePico;
}

export const allowanceRules: readonly Rule<UsageStoreSubject>[] = [
  {
    id: "U30",
    sentence:
      "what an allowance includes is free, the line at its edge is split exactly, and what is beyond is charged",
    reason: "a customer pays for what is beyond what was bought, to the last unit",
    async check(subject) {
      const { ledger, reader } = subject;
      assert.equal(await charge(subject, "a", 4n), 0n);
      const stored = await ledger.settle({ line: line("b", 8n), terms: terms(8n), call: null });
      assert.deepEqual(
        [stored?.chargePico, stored?.allowance],
        [
          2n,
          {
            id: "usd-month",
            unit: "usd",
            limit: 10n,
            period: month,
            fullPico: 8n,
            quantity: 8n,
            before: 4n,
            covered: 6n,
          },
        ],
      );
      assert.deepEqual((await reader.call(installation, "b"))?.lines, [stored]);
      assert.equal(await charge(subject, "c", 5n), 5n);
      const { chargePico, marginPico, marginUnknown } = await totalOf(reader);
      assert.deepEqual([chargePico, marginPico, marginUnknown], [7n, 7n - 9n, 0]);
    },
  },
  {
    id: "U31",
    sentence: "an allowance counts tokens and calls too, also beyond 2⁶³, and a split line is rounded once",
    reason: "rounding twice makes a bill nobody can check, and a count that wraps gives everything away (R5)",
    async check(subject) {
      const tokens = { id: "tokens-month", unit: "tokens", limit: 15n } as const;
      const of = { usage: usageOf({ input: 8, output: 2 }) };
      assert.equal(await charge(subject, "t1", 7n, tokens, of), 0n);
      // Half of 5.4, not half of 5.
      const third = { ...tokens, exact: { numerator: 54n, denominator: 10n } };
      assert.equal(await charge(subject, "t2", 5n, third, of), 3n);
      const calls = { id: "calls-month", unit: "calls", limit: 2n } as const;
      const charged: unknown[] = [];
      for (const id of ["c1", "c2", "c3"]) charged.push(await charge(subject, id, 9n, calls));
      assert.deepEqual(charged, [0n, 0n, 9n]);
      const large = 2n ** 66n + 999_999_999n;
      const much = { id: "usd-year", limit: 2n * large - 1n };
      assert.deepEqual([await charge(subject, "l1", large, much), await charge(subject, "l2", large, much)], [0n, 1n]);
    },
  },
  {
    id: "U32",
    sentence: "a repetition draws nothing and answers the first, also from another process",
    reason: "a settlement that is retried must not use up what the customer bought",
    async check(subject) {
      const other = await subject.another();
      assert.equal(await charge(subject, "a", 4n), 0n);
      assert.equal(await charge(subject, "b", 8n), 2n);
      for (const client of [subject, other]) {
        const again = await client.ledger.settle({
          line: line("b", 9n, { outcome: "cut" }),
          terms: terms(9n),
          call: null,
        });
        assert.deepEqual([again?.chargePico, again?.outcome, again?.allowance?.covered], [2n, "ok", 6n]);
        assert.equal(await charge(client, "a", 4n), 0n);
      }
      const plain = await subject.ledger.settle({ line: line("p", 1n), call: null });
      assert.deepEqual(plain, line("p", 1n));
      assert.deepEqual(await other.ledger.settle({ line: line("p", 2n), call: null }), plain);
      assert.equal((await totalOf(subject.reader)).chargePico, 3n);
    },
  },
  {
    id: "U33",
    sentence: "a repetition in the middle of an allowance leaves all the rest of it",
    reason: "what was drawn twice would be missing from the next line",
    async check(subject) {
      for (let time = 0; time < 3; time += 1) assert.equal(await charge(subject, "a", 4n), 0n);
      assert.equal(await charge(subject, "b", 6n), 0n);
      assert.equal(await charge(subject, "c", 1n), 1n);
    },
  },
  {
    id: "U34",
    sentence: "tenants, allowances and periods are counted apart; a new limit or price goes on with the same count",
    reason: "one tenant would use up another's, and a change in the middle of a month would start it anew (R4, R8)",
    async check(subject) {
      assert.equal(await charge(subject, "a", 9n), 0n);
      assert.equal(await charge(subject, "b", 9n, {}, { tenantId: "tenant-b" }), 0n);
      assert.equal(await charge(subject, "c", 9n, { id: "usd-day" }), 0n);
      assert.equal(await charge(subject, "d", 9n, { period: next }), 0n);
      assert.equal(await charge(subject, "e", 9n, { limit: 15n }), 3n);
      assert.equal(await charge(subject, "f", 9n, { limit: 5n }), 9n);
      assert.equal(await charge(subject, "g", 9n, { limit: 16n }), 8n);
    },
  },
  {
    id: "U35",
    sentence:
      "a line that supersedes gives back what the other drew and draws anew, by the other's terms if it has none",
    reason: "a late fact replaces an estimate, it is not added to it (R7)",
    async check(subject) {
      const { ledger, reader } = subject;
      assert.equal(await charge(subject, "a", 10n), 0n);
      assert.equal(await charge(subject, "b", 3n), 3n);
      const late = line("a", 4n, { lineId: "a2", supersedes: "a", recordedAt: noon + 10 });
      const stored = await ledger.settle({ line: late, call: null });
      assert.deepEqual([stored?.chargePico, stored?.allowance?.before, stored?.allowance?.covered], [0n, 0n, 4n]);
      assert.deepEqual(await ledger.settle({ line: late, call: null }), stored);
      assert.equal(await charge(subject, "c", 8n), 2n);
      const later = { ...late, lineId: "a3", supersedes: "a2", chargePico: 12n };
      assert.equal((await ledger.settle({ line: later, terms: terms(12n), call: null }))?.chargePico, 8n);
      assert.equal(await charge(subject, "d", 1n), 1n);
      assert.equal((await totalOf(reader)).chargePico, 3n + 2n + 8n + 1n);
    },
  },
  {
    id: "U36",
    sentence:
      "what is superseded when it arrives draws nothing, nor does what has no known charge; a copied share is nobody's",
    reason: "a line that counts in no sum must not use up what is included (R6)",
    async check(subject) {
      const { ledger } = subject;
      await charge(subject, "a", 4n, {}, { lineId: "a2", supersedes: "a" });
      const old = await ledger.settle({ line: line("a", 9n), terms: terms(9n), call: null });
      assert.equal(old?.allowance, undefined);
      const unknown = line("u", 0n, { source: "unknown", usage: null, costPico: null, chargePico: null });
      assert.equal((await ledger.settle({ line: unknown, call: null }))?.chargePico, null);
      const { exact: _exact, ...copied } = terms(5n);
      const allowance = { ...copied, fullPico: 5n, quantity: 5n, before: 0n, covered: 5n };
      const plain = await ledger.settle({ line: line("p", 5n, { allowance }), call: null });
      assert.deepEqual(plain, line("p", 5n));
      assert.equal(await charge(subject, "b", 7n), 1n);
    },
  },
  {
    id: "U37",
    sentence: "lines settled at once, by two processes, draw each unit once",
    reason: "two servers would both give away what is left (R3)",
    async check(subject) {
      const other = await subject.another();
      const limit = 1_000n;
      const drawn = await Promise.all(
        Array.from({ length: 40 }, async (_, index) => {
          const client = index % 2 === 0 ? subject : other;
          return (await charge(client, `a${index}`, 31n, { limit })) ?? 0n;
        }),
      );
      assert.equal(
        drawn.reduce((sum, one) => sum + one, 0n),
        40n * 31n - limit,
      );
      assert.equal((await totalOf(subject.reader)).chargePico, 240n);
    },
  },
  {
    id: "U38",
    sentence: "a settle that is rejected draws nothing, and what was drawn survives the process",
    reason: "the settlement is tried again, and a restart must not begin the month anew (R2)",
    async check(subject) {
      assert.equal(await charge(subject, "a", 4n), 0n);
      await subject.breakWrites();
      await rejectsWith("unavailable", async () => await charge(subject, "b", 5n));
      await subject.mendWrites();
      assert.equal(await charge(subject, "b", 5n), 0n);
      const again = await subject.crash();
      assert.equal(await charge(again, "c", 5n), 4n);
    },
  },
  {
    id: "U39",
    sentence:
      "over random lines, corrections in any order and repetitions by two processes, each line is charged as the lines in force before it left",
    reason: "a count that drifts from the lines is a second, wrong ledger",
    async check(subject) {
      await writeRandomAllowances(subject, await subject.another(), 11, 160);
    },
  },
];
