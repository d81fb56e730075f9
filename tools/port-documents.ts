import { parseSync } from "vite";
import * as testkit from "../packages/testkit/src/index.ts";
import { runCommand } from "./run-command.ts";
import { readText, writtenFiles } from "./workspace.ts";

/** The part of a contract that is told. */
export interface ToldContract {
  readonly port: string;
  readonly rules: readonly { readonly id: string; readonly sentence: string; readonly reason: string }[];
}

/** One place where an implementation runs a contract. */
export interface ContractRunFound {
  /** The export of testkit: `limitStoreContract`. */
  readonly contract: string;
  /** As in the run; parts that are computed are shown as `…`. */
  readonly name: string;
  readonly file: string;
  /** Reasons by rule id. */
  readonly deviations: ReadonlyMap<string, string>;
}

export function contracts(): ReadonlyMap<string, ToldContract> {
  const found = Object.entries(testkit as Readonly<Record<string, unknown>>).filter(([name]) =>
    name.endsWith("Contract"),
  );
  return new Map(
    found.flatMap(([name, value]) =>
      typeof value === "object" && value !== null && "rules" in value ? [[name, value as ToldContract]] : [],
    ),
  );
}

/** Every `testContract(…)` of the tests, read from their sources. */
export function contractRuns(): readonly ContractRunFound[] {
  return writtenFiles("{packages,apps}/*/{src,test}/**/*.test.ts").flatMap((file) => runsIn(file, readText(file)));
}

/** A document for each port, by its path, formatted; and one that lists them. */
export async function portDocuments(): Promise<ReadonlyMap<string, string>> {
  const runs = contractRuns();
  const all = [...contracts()].toSorted(([, a], [, b]) => (a.port < b.port ? -1 : 1));
  const texts = [
    ["docs/ports/README.md", listOf(all.map(([, contract]) => contract))] as const,
    ...all.map(
      ([name, contract]) =>
        [
          documentOf(contract),
          portDocument(
            name,
            contract,
            runs.filter((run) => run.contract === name),
          ),
        ] as const,
    ),
  ];
  return new Map(await Promise.all(texts.map(async ([file, text]) => [file, await formatted(file, text)] as const)));
}

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

export function runsIn(file: string, source: string): readonly ContractRunFound[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message ?? ""}`);
  return nodesIn(program).flatMap((node) => {
    if (node.type !== "CallExpression" || (node["callee"] as Node)["name"] !== "testContract") return [];
    const [contract, run] = node["arguments"] as readonly Node[];
    const where = `${file}: testContract(${String(contract?.["name"])})`;
    const fields = fieldsOf(run, where);
    const deviations = fields.get("deviations");
    return [
      {
        contract: String(contract?.["name"]),
        name: textOf(fields.get("name"), `${where}: name`),
        file,
        deviations: new Map(
          deviations === undefined
            ? []
            : [...fieldsOf(deviations, where)].map(([id, reason]) => [id, textOf(reason, `${where}: ${id}`)]),
        ),
      },
    ];
  });
}

function nodesIn(value: unknown): readonly Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  if (typeof value !== "object" || value === null) return [];
  const below = Object.values(value).flatMap(nodesIn);
  return "type" in value ? [value as Node, ...below] : below;
}

function fieldsOf(node: Node | undefined, where: string): ReadonlyMap<string, Node> {
  if (node?.type !== "ObjectExpression") throw new Error(`${where}: write the run and its deviations out in place`);
  return new Map(
    (node["properties"] as readonly Node[]).map((property) => {
      const key = property["key"] as Node | undefined;
      if (key === undefined) throw new Error(`${where}: nothing is spread into a run`);
      return [String(key["name"] ?? key["value"]), property["value"] as Node];
    }),
  );
}

function textOf(node: Node | undefined, where: string): string {
  if (node?.type === "Literal" && typeof node["value"] === "string") return node["value"];
  if (node?.type !== "TemplateLiteral") throw new Error(`${where} must be a text`);
  const pieces = node["quasis"] as readonly { readonly value: { readonly cooked: string } }[];
  return pieces.map(({ value }) => value.cooked).join("…");
}

function kebab(port: string): string {
  return port.replaceAll(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}

function documentOf({ port }: ToldContract): string {
  return `docs/ports/${kebab(port)}.md`;
}

const origin =
  "Written by `npm run docs:ports` from the contract suites in `packages/testkit`: change the rules, not this.";

function listOf(all: readonly ToldContract[]): string {
  const items = all.map((contract) => {
    const { port, rules } = contract;
    return `- [${port}](${kebab(port)}.md): ${rules.length} rules`;
  });
  return `# Ports

What every implementation of a port keeps, rule by rule. \`Log\` has no rules beyond its type.
[How to write an implementation](../guides/add-an-adapter.md).

${items.join("\n")}

${origin}
`;
}

function portDocument(name: string, { port, rules }: ToldContract, runs: readonly ContractRunFound[]): string {
  const kept = runs.map(({ name: who, file, deviations }) => {
    const but = deviations.size === 0 ? "every rule" : `all but ${[...deviations.keys()].join(", ")}`;
    return `- [${plain(who)}](../../${file}): ${but}`;
  });
  const told = rules.map(({ id, sentence, reason }) => {
    const exceptions = runs.flatMap(({ name: who, deviations }) => {
      const why = deviations.get(id);
      return why === undefined ? [] : [`Not kept by ${plain(who)}: ${plain(why)}.`];
    });
    return [`- **${id}** ${sentenceOf(sentence)}`, `Why: ${sentenceOf(reason)}`, ...exceptions].join("\n  ");
  });
  return `# ${port}

What every \`${port}\` keeps. The port: [${kebab(port)}.port.ts](../../packages/core/src/ports/${kebab(port)}.port.ts).
The suite: \`${name}\` of [testkit](../../packages/testkit/README.md).

## Who runs the suite

${kept.join("\n")}

## Rules

${told.join("\n")}

${origin}
`;
}

function sentenceOf(text: string): string {
  return /[.!?]$/.test(text) ? plain(text) : `${plain(text)}.`;
}

/** Marks that Markdown would take for its own, outside code. */
function plain(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replaceAll(/[<>*[\]|\\]|(?<!\w)_|_(?!\w)/g, String.raw`\$&`)))
    .join("");
}

async function formatted(file: string, text: string): Promise<string> {
  const { code, stdout, output } = await runCommand("oxfmt", [`--stdin-filepath=${file}`], { input: text });
  if (code !== 0) throw new Error(`oxfmt does not take ${file}: ${output}`);
  return stdout;
}
