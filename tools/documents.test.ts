import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { runCommand } from "./run-command.ts";
import { readManifest, readText, root, writtenFiles } from "./workspace.ts";

const documents = writtenFiles("**/*.md").filter((file) => !file.startsWith("tools/probes/"));

function withoutCode(text: string): string {
  return text.replaceAll(/```[\s\S]*?```/g, "").replaceAll(/`[^`\n]*`/g, "");
}

/** The fragment GitHub makes of a heading. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");
}

function anchorsOf(file: string): readonly string[] {
  return [...readText(file).matchAll(/^#{1,6}\s+(.+)$/gm)].map((match) => slug(match[1] ?? ""));
}

function brokenLinks(file: string): readonly string[] {
  const links = withoutCode(readText(file)).matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g);
  return [...links].flatMap(([, link = ""]) => {
    if (/^[a-z]+:/i.test(link)) return [];
    const [path = "", fragment] = link.split("#");
    const target = path === "" ? file : normalize(join(dirname(file), path));
    if (target.startsWith("..") || !existsSync(join(root, target))) return [`${file}: no file at ${link}`];
    if (fragment === undefined || !target.endsWith(".md")) return [];
    return anchorsOf(target).includes(fragment) ? [] : [`${file}: no heading for ${link}`];
  });
}

/** Lines of shell in a document: fenced blocks, and code within the text. */
function commandsOf(file: string): readonly string[] {
  const text = readText(file);
  const blocks = [...text.matchAll(/```(?:sh|bash|shell|console)\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
  const inline = [...text.replaceAll(/```[\s\S]*?```/g, "").matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "");
  return [...blocks.flatMap((block) => block.split("\n")), ...inline]
    .flatMap((line) => line.split(/&&|\|\||;|\|/))
    .map((line) =>
      line
        .trim()
        .replace(/^\$\s+/, "")
        .replace(/\s+#.*$/, ""),
    );
}

const npmOwn = new Set(["install", "ci", "i", "exec", "pack", "publish", "init", "x"]);
const pnpmOwn = new Set([...npmOwn, "add", "dlx", "pack", "-r", "--filter", "recursive", "audit", "outdated"]);

/** The root script a line runs, or null when it runs none. */
function scriptOf(line: string): string | null {
  const words = line.split(/\s+/);
  const run = words[1] === "run" ? words[2] : words[1];
  if (run === undefined || !/^[a-z][\w:-]*$/.test(run)) return null;
  if (words[0] === "npm") return npmOwn.has(run) ? null : run === "t" ? "test" : run;
  if (words[0] === "pnpm") return pnpmOwn.has(run) ? null : run;
  return null;
}

/** The plain words after `tenantry`: `usage report --format csv` gives `usage report`. */
function cliWords(line: string): readonly string[] | null {
  const match = /^(?:npm run (?:-s |--silent )?|pnpm (?:-s )?|npx )?tenantry(?:\s+--(?=\s))?((?:\s+[^\s]+)*)$/.exec(
    line,
  );
  if (match === null) return null;
  const words: string[] = [];
  for (const word of (match[1] ?? "").trim().split(/\s+/)) {
    if (!/^[a-z][a-z-]*$/.test(word)) break;
    words.push(word);
  }
  return words;
}

/** What `--help` says the command is called, without its arguments: `usage report`. */
async function knownAs(words: readonly string[]): Promise<{ name: readonly string[]; takesArguments: boolean }> {
  const { output } = await runCommand("node", ["apps/cli/dist/main.js", ...words, "--help"]);
  const usage = /^Usage:\s+tenantry\s*(.*)$/m.exec(output)?.[1] ?? "";
  const name = usage.split(/\s+/).filter((word) => /^[a-z][a-z-]*$/.test(word));
  return { name, takesArguments: /<|\[(?!options|command)/.test(usage) };
}

describe("documents", () => {
  it.for(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])("%s exists", (file) => {
    expect(documents).toContain(file);
  });

  it("every internal link leads to a file and a heading that exist", () => {
    expect(documents.flatMap(brokenLinks)).toEqual([]);
  });

  it("every npm and pnpm script they name exists", () => {
    const scripts = Object.keys(readManifest(".").scripts ?? {});
    const unknown = documents
      .filter((file) => !file.includes("/") || file.startsWith("docs/"))
      .flatMap((file) =>
        commandsOf(file).flatMap((line) => {
          const script = scriptOf(line);
          return script === null || scripts.includes(script) ? [] : [`${file}: ${line}`];
        }),
      );
    expect(unknown).toEqual([]);
  });

  it("every tenantry command they name exists", async () => {
    const named = new Map<string, string>();
    for (const file of documents) {
      for (const line of commandsOf(file)) {
        const words = cliWords(line);
        if (words !== null && words.length > 0) named.set(words.join(" "), `${file}: ${line}`);
      }
    }
    const unknown: string[] = [];
    for (const [command, where] of named) {
      const words = command.split(" ");
      const { name, takesArguments } = await knownAs(words);
      const isKnown =
        name.length > 0 &&
        name.every((word, index) => word === words[index]) &&
        (name.length === words.length || takesArguments);
      if (!isKnown) unknown.push(where);
    }
    expect(unknown, "`tenantry <command> --help` does not know these").toEqual([]);
  });
});
