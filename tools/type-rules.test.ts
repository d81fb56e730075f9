import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCommand } from "./run-command.ts";
import { readText, root } from "./workspace.ts";

/** Line numbers at which core's compiler settings refuse the probe. */
async function refusedLines(probe: string): Promise<readonly number[]> {
  const folder = mkdtempSync(join(tmpdir(), "tenantry-types-"));
  try {
    const settings = {
      extends: join(root, "packages/core/tsconfig.json"),
      compilerOptions: {
        noEmit: true,
        composite: false,
        declaration: false,
        declarationMap: false,
        isolatedDeclarations: false,
        rootDir: root,
      },
      include: [join(root, probe)],
      exclude: [],
      references: [],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
    const { output } = await runCommand("tsc", ["-p", folder, "--pretty", "false"]);
    const errors = [...output.matchAll(/^(.*?)\((\d+),\d+\): error/gm)];
    expect(output.match(/error TS/g)?.length ?? 0, output).toBe(errors.length);
    return [...new Set(errors.map((error) => Number(error[2])))].toSorted((a, b) => a - b);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function everyLine(probe: string): readonly number[] {
  return readText(probe)
    .trimEnd()
    .split("\n")
    .map((_line, index) => index + 1);
}

describe("compiler settings of core bite", () => {
  it.for(["core-has-no-platform", "syntax-is-erasable"])("%s: every line is refused", async (name) => {
    const probe = `tools/probes/types/${name}.ts`;
    expect(await refusedLines(probe)).toEqual(everyLine(probe));
  });

  it("the language itself is there", async () => {
    expect(await refusedLines("tools/probes/types/passes.ts")).toEqual([]);
  });
});
