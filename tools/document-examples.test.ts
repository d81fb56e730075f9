import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runCommand } from "./run-command.ts";
import { publishedPackages, readManifest, readText, root, workspacePackages, writtenFiles } from "./workspace.ts";

/** A fenced TypeScript block of a document. */
interface Example {
  /** The document and the line of the fence: `README.md:38`. */
  readonly where: string;
  readonly code: string;
  /** The text block right below it: what it prints. Null where there is none. */
  readonly prints: string | null;
}

const examples: readonly Example[] = writtenFiles("**/*.md")
  .filter((file) => !file.startsWith("tools/probes/"))
  .flatMap((file) => examplesIn(file, readText(file)));

function examplesIn(file: string, text: string): readonly Example[] {
  const blocks = text.matchAll(/^```(?:ts|typescript)\n([\s\S]*?)^```$(?:\n\n^```text\n([\s\S]*?)^```$)?/gm);
  return [...blocks].map((match) => ({
    where: `${file}:${text.slice(0, match.index).split("\n").length}`,
    code: match[1] ?? "",
    prints: match[2] ?? null,
  }));
}

/** What an excerpt may leave to its reader; all else about it must hold. */
const leftOut = [
  { code: "TS2304", what: /Cannot find name '\w+'/ },
  { code: "TS18004", what: /No value exists in scope for the shorthand property/ },
  { code: "TS2307", what: /Cannot find module '\.{1,2}\// },
];
/** Fields that an example leaves out where it says `…`. */
const leftOutByDots = ["TS2739", "TS2740", "TS2741"];

const globals = `import type { Tenantry } from "@tenantry/core";
declare global {
  /** The one that every text means: see the README of core. */
  const tenantry: Tenantry;
}
`;

/** A folder of these examples in which every package can be imported by its name; gone with the test. */
function folderOf(given: readonly Example[]): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tenantry-examples-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  linkPackages(folder);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  given.forEach(({ code }, index) => writeFileSync(join(folder, `example-${index}.ts`), `${code}\nexport {};\n`));
  return folder;
}

/** Compiles all examples at once. */
async function problemsOf(given: readonly Example[]): Promise<readonly string[]> {
  const folder = folderOf(given);
  writeFileSync(join(folder, "globals.ts"), globals);
  const config = {
    extends: join(root, "tsconfig.test.json"),
    compilerOptions: { typeRoots: [join(root, "node_modules/@types")] },
    include: ["*.ts"],
    exclude: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const { output } = await runCommand("tsc", ["-p", folder, "--pretty", "false"], { cwd: folder });
  return output.split("\n").flatMap((line) => {
    const match = /^example-(\d+)\.ts\((\d+),\d+\): error (TS\d+): (.*)$/.exec(line);
    // What is wrong with sources is told by the static checks.
    if (match === null) return line.startsWith("error TS") ? [line] : [];
    const [, index = "", at, code = "", message = ""] = match;
    const example = given[Number(index)];
    if (leftOut.some((allowed) => allowed.code === code && allowed.what.test(message))) return [];
    if (leftOutByDots.includes(code) && example?.code.includes("…") === true) return [];
    return [`${example?.where ?? ""}, line ${at ?? ""} of the example: ${message}`];
  });
}

/** Our packages, and what any of them depends on. */
function linkPackages(folder: string): void {
  const linked = new Set<string>();
  const link = (name: string, target: string): void => {
    if (linked.has(name)) return;
    linked.add(name);
    mkdirSync(dirname(join(folder, "node_modules", name)), { recursive: true });
    symlinkSync(realpathSync(target), join(folder, "node_modules", name));
  };
  for (const { name, folder: at } of workspacePackages()) link(name, join(root, at));
  for (const { folder: at } of [...workspacePackages(), { folder: "." }]) {
    const { dependencies, devDependencies } = readManifest(at);
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
      link(name, join(root, at, "node_modules", name));
    }
  }
}

describe("examples in documents", () => {
  it("compile, and so use names and options that exist", async () => {
    expect(examples.length).toBeGreaterThan(10);
    expect(await problemsOf(examples)).toEqual([]);
  });

  it("are caught when they name what does not exist", async () => {
    const wrong = examplesIn(
      "a.md",
      [
        "```ts",
        'import { createNothing, usd } from "@tenantry/core";',
        "usd(1);",
        'tenantry.call({ tenant: "a" }, { messages: [] });',
        "```",
        "",
        "```ts",
        'import { usd } from "@tenantry/core";',
        "export const fine = [usd('1'), whateverTheReaderHas];",
        "```",
      ].join("\n"),
    );
    const problems = await problemsOf(wrong);
    expect(problems.map((problem) => problem.split(":").slice(0, 2).join(":"))).toEqual([
      "a.md:1, line 1 of the example",
      "a.md:1, line 2 of the example",
      "a.md:1, line 3 of the example",
    ]);
  });

  it("print what the text below them says", async () => {
    const printing = examples.filter(({ prints }) => prints !== null);
    expect(printing.map(({ where }) => where.split(":")[0])).toContain("packages/core/README.md");
    const folder = folderOf(printing);
    for (const [index, { where, prints }] of printing.entries()) {
      const { output } = await runCommand("node", ["--conditions=@tenantry/source", `example-${index}.ts`], {
        cwd: folder,
      });
      expect(output, where).toBe(prints?.trim());
    }
  });

  it("stand in the README of every published package, and use it", () => {
    const without = publishedPackages()
      .filter(({ folder, name }) => {
        const shown = examples.filter(({ where }) => where.startsWith(`${folder}/README.md:`));
        return !shown.some(({ code }) => code.includes(`"${name}"`));
      })
      .map(({ folder }) => folder);
    expect(without, "a README shows the smallest use of its package").toEqual([]);
  });
});
