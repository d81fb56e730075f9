import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { exitCodes } from "../src/exit-code.ts";
import { examplesIn, expectLike } from "./guide-examples.ts";
import { commandNames, runCli } from "./run-cli.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const guide = readGuide("cli.md");
const dataDir = mkdtempSync(join(tmpdir(), "tenantry-guide-"));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const examples = examplesIn(guide);

function readGuide(name: string): string {
  return readFileSync(join(repository, "docs/guides", name), "utf8");
}

describe("the guide's examples, in order, say what the program says", () => {
  test.each(examples)("$argv", async ({ argv, expected }) => {
    const words = argv.map((word) => (word.startsWith("examples/") ? join(repository, word) : word));
    const known = await runCli(["calls", "list", "--limit", "1", "-t", "apex-legal", "-f", "json"], { dataDir });
    const { rows } = JSON.parse(known.out) as { rows: readonly { callId: string }[] };
    const keys = await runCli(["keys", "list", "-f", "json"], { dataDir });
    const keyId = (JSON.parse(keys.out) as { rows: readonly { id: string }[] }).rows[0]?.id;
    const ids: Readonly<Record<string, string | undefined>> = { call: rows[0]?.callId, key: keyId };
    const real = words.map((word) => ids[/^(call|key)_/.exec(word)?.[1] ?? ""] ?? word);
    const { out, err } = await runCli(real, { dataDir, width: 100 });
    expectLike(out + err, expected);
  });

  test("every command has one, here or in a guide of its own", () => {
    const elsewhere = ["prices.md", "reconcile.md"].flatMap((name) => examplesIn(readGuide(name)));
    const shown = [...examples, ...elsewhere].map(({ argv }) => argv.join(" "));
    const without = commandNames().filter((name) => !shown.some((line) => `${line} `.startsWith(`${name} `)));
    // It is an example itself.
    expect(without).toEqual(["demo"]);
  });
});

test("the guide has every exit code with the meaning the program gives", () => {
  for (const [code, meaning] of exitCodes)
    expect(guide).toMatch(new RegExp(`\\| ${code} +\\| ${meaning.replace(/[()]/g, "\\$&")} +\\|`));
});
