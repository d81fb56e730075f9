import { globSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openFixtureTree, type FixtureTree, type Probe } from "./fixture-tree.ts";
import { runCommand } from "./run-command.ts";
import { root } from "./workspace.ts";

interface Cruise {
  readonly modules: readonly {
    readonly source: string;
    readonly dependencies: readonly { readonly rules?: readonly { readonly name: string }[] }[];
  }[];
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
    readonly ruleSetUsed: { readonly forbidden: readonly { readonly name: string; readonly comment?: string }[] };
  };
}

async function cruise(cwd: string): Promise<Cruise> {
  const folders = globSync(["{packages,apps}/*/{src,test}", "examples/*", "benchmarks"], { cwd });
  const args = [...folders, "--config", ".dependency-cruiser.mjs", "--output-type", "json"];
  const { stdout, output } = await runCommand("depcruise", args, { cwd });
  try {
    return JSON.parse(stdout) as Cruise;
  } catch {
    throw new Error(`dependency-cruiser gave no report\n${output}`);
  }
}

function explain({ summary }: Cruise): readonly string[] {
  const comments = new Map(summary.ruleSetUsed.forbidden.map(({ name, comment }) => [name, comment ?? ""]));
  return summary.violations.map(
    ({ from, to, rule }) => `${from} -> ${to}\n    ${rule.name}: ${comments.get(rule.name)}`,
  );
}

/** Probes that break a second rule as well. */
const alsoCaught: Readonly<Record<string, readonly string[]>> = {
  "packages/provider-simulator/src/calls-itself.ts": ["dev-dependencies-are-for-tests"],
};

describe("boundaries of the workspace", () => {
  it("dependency-cruiser can read TypeScript, without which it sees nothing and is content", async () => {
    const { stdout } = await runCommand("depcruise", ["--info"]);
    expect(stdout).toMatch(/✔ typescript\s/);
  });

  it("every import is one that its package may make", async () => {
    const report = await cruise(root);
    expect(explain(report)).toEqual([]);
    expect(report.modules.filter(({ source }) => source.startsWith("packages/core/src/")).length).toBeGreaterThan(50);
    expect(report.summary.totalCruised).toBeGreaterThan(200);
  });
});

describe("boundaries bite", () => {
  const tree: FixtureTree = openFixtureTree();
  const caught = new Map<string, ReadonlySet<string>>();
  let before: Cruise;
  let probes: readonly Probe[] = [];

  beforeAll(async () => {
    before = await cruise(tree.folder);
    probes = tree.plant("boundaries");
    const after = await cruise(tree.folder);
    for (const { source, dependencies } of after.modules) {
      caught.set(source, new Set(dependencies.flatMap(({ rules = [] }) => rules.map(({ name }) => name))));
    }
  });
  afterAll(() => tree.remove());

  it("the tree without probes breaks no rule", () => {
    expect(explain(before)).toEqual([]);
  });

  it.for(readdirSync(join(root, "tools/probes/boundaries")).toSorted())("%s", (rule) => {
    const planted = probes.filter((probe) => probe.rule === rule);
    expect(planted).not.toEqual([]);
    for (const { file } of planted) {
      const rules = [...(caught.get(file) ?? [])];
      const expected = rule === "passes" ? [] : [rule, ...(alsoCaught[file] ?? [])];
      expect(rules.toSorted(), file).toEqual(expected.toSorted());
    }
  });

  it("every rule has a probe", () => {
    const rules = new Set(before.summary.ruleSetUsed.forbidden.map(({ name }) => name));
    const probed = new Set(probes.map(({ rule }) => rule));
    expect([...rules].filter((rule) => !probed.has(rule))).toEqual([]);
  });
});
