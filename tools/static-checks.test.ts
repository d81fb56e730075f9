import { describe, expect, it } from "vitest";
import { runCommand } from "./run-command.ts";

/** A check passes when its tool ends with 0; otherwise the tool's own words are the message. */
async function expectClean(command: string, args: readonly string[], howToMend: string): Promise<string> {
  const { code, output } = await runCommand(command, args);
  if (code !== 0) expect.fail(`${howToMend}\n${output.slice(0, 20_000)}`);
  return output;
}

describe("static checks of the whole tree", () => {
  it("lint: no error and no warning", async () => {
    const output = await expectClean(
      "oxlint",
      ["--type-aware", "--deny-warnings"],
      "mend these; `npm run fix` mends some",
    );
    const files = Number(/on (\d+) files/.exec(output)?.[1]);
    expect(files, "oxlint looked at too few files").toBeGreaterThan(200);
  });

  it("format: every file is as the formatter writes it", async () => {
    await expectClean("oxfmt", ["--check", "."], "run `npm run fix`");
  });

  it("types: all sources and tests compile together", async () => {
    await expectClean("tsc", ["--noEmit", "-p", "tsconfig.test.json", "--pretty", "false"], "mend these types");
    const { stdout } = await runCommand("tsc", ["--noEmit", "-p", "tsconfig.test.json", "--listFilesOnly"]);
    const ours = stdout.split("\n").filter((file) => file !== "" && !file.includes("/node_modules/"));
    expect(ours.length, "tsc looked at too few files").toBeGreaterThan(200);
  });

  it("knip: no file, export or dependency is unused", async () => {
    await expectClean("knip", ["--no-progress", "--no-config-hints"], "remove what is unused, or use it");
  });
});
