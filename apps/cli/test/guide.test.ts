import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { exitCodes } from "../src/exit-code.ts";
import { examplesIn, expectLike } from "./guide-examples.ts";
import { runCli } from "./run-cli.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const guide = readFileSync(join(repository, "docs/guides/cli.md"), "utf8");
const dataDir = mkdtempSync(join(tmpdir(), "tenantry-guide-"));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const examples = examplesIn(guide);

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

  test("every command has one", () => {
    const shown = examples.map(({ argv }) => argv.filter((word) => /^[a-z]+$/.test(word)).join(" "));
    const commands = [
      "summarize",
      "usage report",
      "sla report",
      "calls list",
      "explain",
      "tenants list",
      "tenants show",
      "tenants create",
      "tenants suspend",
      "tenants resume",
      "keys create",
      "keys list",
      "keys rotate",
      "keys revoke",
    ];
    for (const command of [...commands, "prices list", "prices show", "doctor"]) {
      expect(
        shown.some((line) => line.startsWith(command)),
        command,
      ).toBe(true);
    }
  });
});

test("the guide has every exit code with the meaning the program gives", () => {
  for (const [code, meaning] of exitCodes)
    expect(guide).toMatch(new RegExp(`\\| ${code} +\\| ${meaning.replace(/[()]/g, "\\$&")} +\\|`));
});
