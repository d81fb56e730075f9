import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readText, root, workspacePackages, writtenFiles } from "./workspace.ts";

/** Adapters that are pure functions of what they read: there is no port to open, and no state. */
const pureReaders: readonly string[] = ["packages/adapters-ingest-otlp"];

function opensPort(folder: string): boolean {
  return folder.includes("/adapters-") && !pureReaders.includes(folder);
}

describe.for(workspacePackages())("$name", ({ folder, manifest }) => {
  it("says what it is, in a description and a README", () => {
    expect(manifest.description ?? "", "package.json has no description").not.toBe("");
    expect(existsSync(join(root, folder, "README.md")), `${folder}/README.md is missing`).toBe(true);
    expect(readText(`${folder}/README.md`), "the README does not name its package").toContain(manifest.name);
  });

  it("every target of its exports and bin exists once it is built", () => {
    const targets = Object.values(manifest.exports ?? {}).flatMap((entry) =>
      typeof entry === "string" ? [entry] : Object.values(entry),
    );
    const missing = [...targets, ...Object.values(manifest.bin ?? {})].filter(
      (target) => !existsSync(join(root, folder, target)),
    );
    expect(missing, `missing below ${folder}; run \`npm test\`, which builds first`).toEqual([]);
  });

  it("exports entries by name, no folders", () => {
    const open = Object.keys(manifest.exports ?? {}).filter((entry) => entry.includes("*"));
    expect(open, "a pattern lets everybody import what is internal").toEqual([]);
    expect(Object.keys(manifest.exports ?? {})).toContain(".");
  });

  it("its index lists names, and none is the default", async () => {
    const index = readText(`${folder}/src/index.ts`);
    expect(index, "name what is exported").not.toMatch(/^export \*/m);
    const exported = (await import(join(root, folder, "src/index.ts"))) as Record<string, unknown>;
    expect(Object.keys(exported)).not.toContain("default");
    if (!opensPort(folder)) return;
    const factories = Object.keys(exported).filter((name) => /^(?:create|open)[A-Z]/.test(name));
    expect(factories, "an adapter is opened by a create… or open… function").not.toEqual([]);
    expect(factories.filter((name) => typeof exported[name] !== "function")).toEqual([]);
  });

  it("has tests of its own", () => {
    expect(writtenFiles(`${folder}/{src,test}/**/*.test.ts`)).not.toEqual([]);
  });
});

describe("adapters", () => {
  it.for(workspacePackages().filter(({ folder }) => opensPort(folder)))(
    "$name runs the contract suite of the port it implements",
    ({ folder }) => {
      const suites = writtenFiles(`${folder}/{src,test}/**/*.test.ts`).filter((file) =>
        /\btestContract\b/.test(readText(file)),
      );
      expect(suites).not.toEqual([]);
    },
  );
});
