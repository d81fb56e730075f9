import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openFixtureTree, type Probe } from "./fixture-tree.ts";
import { runCommand } from "./run-command.ts";
import { root } from "./workspace.ts";

interface LintReport {
  readonly diagnostics: readonly { readonly code: string; readonly filename: string }[];
  readonly number_of_files: number;
}

describe("lint rules bite", () => {
  const tree = openFixtureTree();
  const caught = new Map<string, string[]>();
  let probes: readonly Probe[] = [];
  const tooLong = "packages/meetings/src/takes-everything.ts";

  beforeAll(async () => {
    probes = tree.plant("lint");
    tree.write(tooLong, Array.from({ length: 351 }, (_none, line) => `export const line${line} = ${line};\n`).join(""));
    const { stdout, output } = await runCommand("oxlint", ["--type-aware", "--format=json", "packages", "apps"], {
      cwd: tree.folder,
    });
    if (!stdout.startsWith("{")) throw new Error(`oxlint gave no report\n${output}`);
    for (const { code, filename } of (JSON.parse(stdout) as LintReport).diagnostics) {
      const rule = /\((.+)\)$/.exec(code)?.[1] ?? code;
      caught.set(filename, [...(caught.get(filename) ?? []), rule]);
    }
  });
  afterAll(() => tree.remove());

  it.for(readdirSync(join(root, "tools/probes/lint")).toSorted())("%s", (rule) => {
    const planted = probes.filter((probe) => probe.rule === rule);
    expect(planted).not.toEqual([]);
    for (const { file } of planted) {
      expect([...new Set(caught.get(file) ?? [])], file).toEqual(rule === "passes" ? [] : [rule]);
    }
  });

  it("max-lines", () => {
    expect(caught.get(tooLong)).toEqual(["max-lines"]);
  });
});
