import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { checks, deviations, type Proof } from "./conformance.ts";

const repository = join(import.meta.dirname, "..", "..", "..");
const readme = readFileSync(join(import.meta.dirname, "..", "README.md"), "utf8");

function sourceOf(file: string): string {
  return readFileSync(join(repository, file), "utf8");
}

const proofs = [...checks.flatMap((check) => check.proofs), ...deviations.map(({ proof }) => proof)];

/** Titles that name a check or a deviation, in the files that prove them. */
const named = globSync(
  ["packages/adapters-telemetry-netra/test/**/*.test.ts", "packages/composition/test/netra/*.test.ts"],
  {
    cwd: repository,
  },
)
  .concat("packages/metered-fetch/test/telemetry.test.ts", "apps/api/test/netra.test.ts")
  .filter((file) => !file.endsWith("conformance.test.ts"))
  .flatMap((file) =>
    [...sourceOf(file).matchAll(/"((?:checks? \d|deviation: )[^"]*)"/g)].map((found) => ({
      file,
      title: found[1] ?? "",
    })),
  );

describe("the seventeen checks", () => {
  it("are all there, in order, and each is proven by something", () => {
    assert.deepEqual(
      checks.map(({ number }) => number),
      Array.from({ length: 17 }, (_, index) => index + 1),
    );
    for (const check of checks) assert.ok(check.proofs.length > 0);
  });

  it.each(proofs.map((proof): [string, string, Proof] => [proof.title, proof.file, proof]))(
    "%s… is a test in %s",
    (_title, _file, { file, title }) => {
      const source = sourceOf(file);
      assert.ok([`"${title}`, `\`${title}`].some((beginning) => source.includes(beginning)));
    },
  );

  it.each(named.map(({ file, title }): [string, string] => [title, file]))("%s (%s) is in the table", (title, file) => {
    const cites = (proof: Proof): boolean => proof.file === file && title.startsWith(proof.title);
    if (title.startsWith("deviation: ")) {
      assert.ok(deviations.some(({ proof }) => cites(proof)));
      return;
    }
    const numbers = (/^checks? ([\d, and]+)/.exec(title)?.[1] ?? "").match(/\d+/g) ?? [];
    for (const number of numbers) {
      assert.ok(checks[Number(number) - 1]?.proofs.some(cites), `check ${number} does not cite it`);
    }
  });

  it("stand in the README as they are here", () => {
    const rows = checks.map(({ number, proves, proofs: own }) => {
      const files = [...new Set(own.map(({ file }) => file))].map((file) => `[${nameOf(file)}](../../${file})`);
      return [String(number), proves, files.join(" ")];
    });
    assert.deepEqual(tableOf("What is proven"), rows);
  });

  it("are departed from only as the README says", () => {
    const rows = deviations.map(({ check, sdk, here, why }) => [String(check), sdk, here, why]);
    assert.deepEqual(tableOf("Where it differs from Netra's SDK"), rows);
  });
});

function nameOf(file: string): string {
  return (file.split("/").at(-1) ?? "").replace(/(?:[.]test|[.]contract)?[.]ts$/, "");
}

/** The cells of the table below a heading, without its own heading. */
function tableOf(heading: string): readonly (readonly string[])[] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
