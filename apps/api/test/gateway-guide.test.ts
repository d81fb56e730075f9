import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adminKey, openTestGateway, type TestGateway } from "./support/gateway.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const text = await readFile(join(repository, "docs/guides/gateway.md"), "utf8");
const written = "http://127.0.0.1:8787";

interface Block {
  readonly language: string;
  readonly code: string;
  /** The heading it stands under. */
  readonly heading: string;
  /** The text block right below it: what it prints. */
  readonly prints: string | null;
}

const blocks: readonly Block[] = [
  ...text.matchAll(/^```(ts|sh)\n([\s\S]*?)^```$(?:\n\n^```text\n([\s\S]*?)^```$)?/gm),
].map((match) => ({
  language: match[1] ?? "",
  code: match[2] ?? "",
  prints: match[3] ?? null,
  heading:
    text
      .slice(0, match.index)
      .match(/^#+ .+$/gm)
      ?.at(-1) ?? "",
}));

let gateway: TestGateway;
let folder: string;
beforeAll(async () => {
  const yaml = await readFile(join(repository, "examples/meetingmind/tenantry.yaml"), "utf8");
  gateway = await openTestGateway({ yaml });
  folder = await mkdtemp(join(tmpdir(), "tenantry-gateway-guide-"));
  await symlink(join(import.meta.dirname, "../node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
});
afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true, force: true });
});

/** What a program prints; a failure rejects with what it wrote to stderr. */
async function run(command: string, ...args: readonly string[]): Promise<string> {
  const env = {
    ...process.env,
    TENANTRY_KEY: gateway.keys["apex-legal"],
    TENANTRY_ADMIN_KEY: adminKey,
    NODE_OPTIONS: "",
  };
  return await new Promise((resolve, reject) => {
    execFile(command, args, { cwd: folder, env, timeout: 30_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${error.message}\n${stderr}`));
    });
  });
}

async function runBlock({ language, code }: Block): Promise<string> {
  const here = code.replaceAll(written, gateway.url);
  if (language === "sh") return await run("sh", "-ec", here);
  const file = join(folder, `example-${here.length}.ts`);
  await writeFile(file, here);
  return await run(process.execPath, file);
}

/** Ids and figures differ from run to run. */
function steady(output: string): string {
  return output
    .replaceAll(/call_\w+/g, "call_ID")
    .replaceAll(/\d+\.\d+/g, "N")
    .trim();
}

describe("the guide to the gateway", () => {
  test("has examples, and each names the gateway's address", () => {
    expect(blocks.length).toBeGreaterThan(7);
    expect(blocks.filter(({ code }) => !code.includes(written))).toEqual([]);
  });

  test.each(blocks)("$heading: its $language example works", async (block) => {
    const before = gateway.simulator.invoice().lines.length;
    const output = await runBlock(block);
    expect(output.trim()).not.toBe("");
    if (block.prints !== null) expect(steady(output)).toBe(steady(block.prints));
    // What is denied is billed by nobody, nor is the control plane; all else was answered by a model.
    const billed = gateway.simulator.invoice().lines.length - before;
    if (["## Errors", "## Keys"].includes(block.heading)) expect(billed).toBe(0);
    else expect(billed).toBeGreaterThan(0);
  });

  test("the key of its example opens the tenant's own account", async () => {
    const [create, me] = blocks.filter(({ heading }) => heading === "## Keys") as [Block, Block];
    const { key } = JSON.parse(await runBlock(create)) as { key: string };
    expect(key).toMatch(/^tnt_/);
    const account = await runBlock({ ...me, code: me.code.replace("$TENANTRY_KEY", key) });
    expect(JSON.stringify(JSON.parse(account))).toContain("apex-legal");
  });

  test("a repetition is answered with the first call, and billed once", async () => {
    const example = blocks.find(({ heading }) => heading === "## Idempotency") as Block;
    const output = await runBlock({ ...example, code: example.code.replace("order-4711", "order-4712") });
    const ids = [...output.matchAll(/x-tenantry-call-id: (\S+)/gi)].map((match) => match[1]);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(output.match(/x-tenantry-replayed: true/gi)).toHaveLength(1);
  });

  test("names every route of the data plane", () => {
    const unnamed = gateway.gateway.routes
      .filter(({ path }) => !path.endsWith("/traces"))
      .filter(({ method, path }) => !text.includes(`${method} ${path}`));
    expect(unnamed).toEqual([]);
  });
});
