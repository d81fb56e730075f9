import { describe, expect, it } from "vitest";
import { readText, writtenFiles } from "./workspace.ts";

// Written in halves, so that this file does not find itself.
const forbidden = [
  {
    name: "note of unfinished work",
    pattern: new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME", "X" + "XX"].join("|")})\\b`),
  },
  { name: "muted compiler", pattern: new RegExp("@ts-" + "(?:ignore|nocheck)\\b") },
  { name: "test that runs alone", pattern: new RegExp("\\b(?:it|test|describe)\\." + "only\\b") },
  { name: "path of one machine", pattern: new RegExp("(?<![\\w.])/(?:wo" + "rk|ro" + "ot|ho" + "me|Us" + "ers)/\\w") },
] as const;

const probes = /^tools\/probes\//;
const written = writtenFiles("**/*.{ts,mjs,json,md,yaml,yml,txt}").filter(
  (file) => !probes.test(file) && file !== "pnpm-lock.yaml",
);

/** `file:line: text` of every line that matches. */
function findLines(files: readonly string[], matches: (line: string) => boolean): readonly string[] {
  return files.flatMap((file) =>
    readText(file)
      .split("\n")
      .flatMap((line, index) => (matches(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 160)}`] : [])),
  );
}

describe("what is written here", () => {
  it("is found by the checks", () => {
    expect(written.length).toBeGreaterThan(200);
    expect(written).toContain("packages/core/src/index.ts");
  });

  it.for(forbidden)("contains no $name", ({ pattern }) => {
    expect(findLines(written, (line) => pattern.test(line))).toEqual([]);
  });

  const vendors = /openai|anthropic|claude|\bgpt|gemini|mistral|netra(?!nt)|langfuse|datadog/i;

  it.for(["packages/core/src", "packages/meetings/src"])("%s names no provider and no platform", (folder) => {
    const files = writtenFiles(`${folder}/**/*.ts`);
    expect(files).not.toEqual([]);
    // A comment may cite the page that a fact comes from.
    const citesPage = (line: string): boolean => /^\s*(?:\/\/|\*|\/\*\*).*https:\/\//.test(line);
    expect(findLines(files, (line) => vendors.test(line.replaceAll(/@?tenantry/gi, "")) && !citesPage(line))).toEqual(
      [],
    );
  });

  it("core never takes the time of day from the machine: every Date is made from an instant", () => {
    const sources = writtenFiles("packages/core/src/**/*.ts").filter((file) => !file.endsWith(".test.ts"));
    expect(findLines(sources, (line) => /new Date(?!\()|new Date\(\s*\)|(?<!new )\bDate\(/.test(line))).toEqual([]);
  });

  it("no test rolls dice: a failure must come again", () => {
    const tests = writtenFiles("packages/*/{src,test}/**/*.test.ts");
    expect(findLines(tests, (line) => /Math\.random\(/.test(line))).toEqual([]);
  });
});
