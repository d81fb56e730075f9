import { describe, it } from "vitest";

/** What a rule is checked against: fresh for every rule, closed after it. */
export interface Opened<Subject> {
  readonly subject: Subject;
  close(): Promise<void> | void;
}

/** One thing every implementation of a port must do. */
export interface Rule<Subject> {
  /** A letter and a number (`L3`), never reused. */
  readonly id: string;
  /** The guarantee, as a sentence. */
  readonly sentence: string;
  /** What goes wrong for users without it. */
  readonly reason: string;
  /** Throws when the rule is broken. Uses `node:assert`, so that it also runs outside a test runner. */
  check(subject: Subject): Promise<void>;
}

/** All rules of one port. */
export interface Contract<Subject> {
  readonly port: string;
  readonly rules: readonly Rule<Subject>[];
}

export interface ContractRun<Subject> {
  /** Who is being tested: `sqlite`. */
  readonly name: string;
  readonly open: () => Promise<Opened<Subject>> | Opened<Subject>;
  /** Rules this implementation breaks on purpose, by id, each with the reason. An unknown id fails the run. */
  readonly deviations?: Readonly<Record<string, string>>;
  /** Time limit of one rule, ms. Default 15,000. */
  readonly timeoutMs?: number;
}

/** A deliberately wrong implementation, and the rules that must catch it (others may as well). */
export interface Mutant<Subject> {
  readonly name: string;
  readonly open: () => Promise<Opened<Subject>> | Opened<Subject>;
  readonly kills: readonly string[];
}

/** A contract; ids must be unique. */
export function defineContract<Subject>(port: string, rules: readonly Rule<Subject>[]): Contract<Subject> {
  const ids = new Set<string>();
  for (const { id } of rules) {
    if (ids.has(id)) throw new Error(`${port}: rule ${id} is defined twice`);
    ids.add(id);
  }
  return { port, rules };
}

/** Registers one test a rule. A deviation is a skipped test that shows its reason. */
export function testContract<Subject>(contract: Contract<Subject>, run: ContractRun<Subject>): void {
  const deviations = new Map(Object.entries(run.deviations ?? {}));
  describe(`${contract.port} contract: ${run.name}`, () => {
    for (const rule of contract.rules) {
      const reason = deviations.get(rule.id);
      deviations.delete(rule.id);
      const title = `${rule.id} ${rule.sentence}`;
      if (reason !== undefined) it.skip(`${title} (deviation: ${reason})`);
      else it(title, async () => await checkRule(rule, run.open), run.timeoutMs ?? 15_000);
    }
    const unknown = [...deviations.keys()];
    if (unknown.length > 0) {
      it("deviates only from rules that exist", () => {
        throw new Error(`no rule ${unknown.join(", ")} in the ${contract.port} contract; remove the deviation`);
      });
    }
  });
}

/** Checks one rule on a fresh subject; closes it whatever happens. */
export async function checkRule<Subject>(
  rule: Rule<Subject>,
  open: () => Promise<Opened<Subject>> | Opened<Subject>,
): Promise<void> {
  await checkOpened(rule, await open());
}

async function checkOpened<Subject>(rule: Rule<Subject>, opened: Opened<Subject>): Promise<void> {
  try {
    await rule.check(opened.subject);
  } finally {
    await opened.close();
  }
}

/**
 * Proves that the contract bites: every mutant is caught by each rule it names, and every rule catches a mutant.
 * Prints the rule × mutant matrix (`x` caught, `.` passed).
 */
export function testMutants<Subject>(contract: Contract<Subject>, mutants: readonly Mutant<Subject>[]): void {
  describe(`${contract.port} contract: mutants`, () => {
    const caught = new Map<string, Set<string>>(contract.rules.map((rule) => [rule.id, new Set()]));
    for (const mutant of mutants) {
      it(`catches "${mutant.name}" by ${mutant.kills.join(", ")}`, { timeout: 120_000 }, async () => {
        for (const rule of contract.rules) {
          const broken = await isBroken(rule, mutant.open);
          if (broken) caught.get(rule.id)?.add(mutant.name);
        }
        const missed = mutant.kills.filter((id) => caught.get(id)?.has(mutant.name) !== true);
        if (missed.length > 0) throw new Error(`not caught by ${missed.join(", ")}`);
      });
    }
    it("has no rule that catches nothing", () => {
      console.log(formatMatrix(contract, mutants, caught));
      const idle = contract.rules.filter((rule) => caught.get(rule.id)?.size === 0).map((rule) => rule.id);
      if (idle.length > 0) throw new Error(`no mutant is caught by ${idle.join(", ")}`);
    });
  });
}

/** A rule a mutant hangs counts as broken: a caller would wait for ever. */
async function isBroken<Subject>(
  rule: Rule<Subject>,
  open: () => Promise<Opened<Subject>> | Opened<Subject>,
): Promise<boolean> {
  // Rejects where there is nothing to break: a mutant that cannot be opened would pass for one that every rule catches.
  const opened = await open();
  let timer: NodeJS.Timeout | undefined;
  const timeLimit = new Promise<"hung">((resolve) => {
    timer = setTimeout(() => resolve("hung"), 3_000);
  });
  try {
    return (await Promise.race([checkOpened(rule, opened).then(() => "passed" as const), timeLimit])) === "hung";
  } catch {
    return true;
  } finally {
    clearTimeout(timer);
  }
}

function formatMatrix<Subject>(
  contract: Contract<Subject>,
  mutants: readonly Mutant<Subject>[],
  caught: ReadonlyMap<string, ReadonlySet<string>>,
): string {
  const width = Math.max(...contract.rules.map((rule) => rule.id.length));
  const rows = contract.rules.map((rule) => {
    const marks = mutants.map((mutant) => (caught.get(rule.id)?.has(mutant.name) === true ? "x" : ".")).join(" ");
    return `  ${rule.id.padEnd(width)}  ${marks}  ${rule.sentence}`;
  });
  const legend = mutants.map((mutant, index) => `  ${String(index + 1).padStart(2)}. ${mutant.name}`);
  return [`${contract.port}: ${contract.rules.length} rules x ${mutants.length} mutants`, ...rows, ...legend].join(
    "\n",
  );
}
