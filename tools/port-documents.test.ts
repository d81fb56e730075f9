import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { contractRuns, contracts, portDocuments, runsIn } from "./port-documents.ts";
import { readText, root, writtenFiles } from "./workspace.ts";

describe("documents of the ports", async () => {
  const documents = await portDocuments();

  it.for([...documents])("%s is what the contract suites say; `npm run docs:ports` writes it", ([file, text]) => {
    expect(existsSync(join(root, file)) ? readText(file) : null, "stale: run `npm run docs:ports`").toBe(text);
  });

  it("are of ports that exist, and none is left over", () => {
    expect(writtenFiles("docs/ports/*.md")).toEqual([...documents.keys()].toSorted());
  });

  it("tell every rule and every deviation", () => {
    const told = new Map([...contracts()].map(([name, contract]) => [name, contract.rules.map(({ id }) => id)]));
    expect(told.size).toBeGreaterThanOrEqual(10);
    const runs = contractRuns();
    expect(new Set(runs.map(({ contract }) => contract)), "a contract that nothing runs").toEqual(new Set(told.keys()));
    const text = [...documents.values()].join("\n");
    for (const { contract, deviations } of runs) {
      for (const [id, reason] of deviations) {
        expect(told.get(contract)).toContain(id);
        expect(text.replaceAll("\\", "")).toContain(reason);
      }
    }
    expect(runs.some(({ deviations }) => deviations.size > 0)).toBe(true);
  });

  it("cover every port but Log and the type of signals", () => {
    const ports = writtenFiles("packages/core/src/ports/*.port.ts").map((file) =>
      file.replace(/.*\/(.*)\.port\.ts$/, "$1"),
    );
    const missing = ports.filter((port) => port !== "log" && !documents.has(`docs/ports/${port}.md`));
    expect(missing).toEqual([]);
  });
});

describe("a run that cannot be read from its source", () => {
  it.for([
    ["a name that is computed", "testContract(clockContract, { name: nameOf(), open })"],
    ["options kept elsewhere", "testContract(clockContract, options)"],
    ["options that are spread", "testContract(clockContract, { ...options, name: 'x' })"],
    ["a deviation whose reason is computed", "testContract(clockContract, { name: 'x', deviations: { C1: why } })"],
  ] as const)("%s is an error", ([, source]) => {
    expect(() => runsIn("a.test.ts", source)).toThrow("a.test.ts");
  });

  it("and one that can is found with its deviations", () => {
    const source = "for (const m of ms) testContract(clockContract, { name: `x, ${m}`, deviations: { C1: 'y' } });";
    expect(runsIn("a.test.ts", source)).toEqual([
      { contract: "clockContract", name: "x, …", file: "a.test.ts", deviations: new Map([["C1", "y"]]) },
    ]);
  });
});
