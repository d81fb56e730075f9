import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runCommand } from "./run-command.ts";
import { root } from "./workspace.ts";

const folder = mkdtempSync(join(tmpdir(), "tenantry-ci-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs .ci/run with an `npm` that prints and ends as it is told. */
async function runWith(printed: string, code: number): Promise<{ lastLine: string; code: number }> {
  const npm = join(folder, "npm");
  writeFileSync(
    npm,
    `#!/bin/sh\n[ "$1" = test ] || exit 99\n[ "$CI" = true ] || exit 98\nprintf '${printed}'\nexit ${code}\n`,
  );
  chmodSync(npm, 0o755);
  const env = { PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}` };
  const result = await runCommand(join(root, ".ci/run"), [], { cwd: folder, env });
  return { lastLine: result.stdout.trimEnd().split("\n").at(-1) ?? "", code: result.code };
}

describe(".ci/run", () => {
  it("ends with the closing line of a run that passed", async () => {
    expect(await runWith("dots\\n12 passed, 0 failed, 1 skipped\\n", 0)).toEqual({
      lastLine: "12 passed, 0 failed, 1 skipped",
      code: 0,
    });
  });

  it("ends with the closing line and the exit code of a run that failed, whatever npm says after it", async () => {
    expect(await runWith("\\033[31m11 passed, 1 failed\\033[0m\\nELIFECYCLE Test failed.\\n", 7)).toEqual({
      lastLine: "11 passed, 1 failed",
      code: 7,
    });
  });

  it("fails when failures are reported with exit code 0", async () => {
    expect(await runWith("11 passed, 10 failed, 0 skipped\\n", 0)).toEqual({
      lastLine: "11 passed, 10 failed, 0 skipped",
      code: 1,
    });
  });

  it.for([0, 2])("fails when nothing was tested, exit code %i", async (code) => {
    expect(await runWith("error TS2304\\n", code)).toEqual({ lastLine: "0 passed, 1 failed", code: code || 1 });
  });

  it("counts a run that broke after its tests as failed", async () => {
    expect(await runWith("12 passed, 0 failed, 0 skipped\\n", 3)).toEqual({
      lastLine: "12 passed, 1 failed, 0 skipped",
      code: 3,
    });
  });
});
