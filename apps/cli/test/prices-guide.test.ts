import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { examplesIn, expectLike } from "./guide-examples.ts";
import { callSome, runCli } from "./run-cli.ts";

const guide = readFileSync(fileURLToPath(new URL("../../../docs/guides/prices.md", import.meta.url)), "utf8");
const dataDir = mkdtempSync(join(tmpdir(), "tenantry-prices-guide-"));
const file = join(dataDir, "prices.json");

beforeAll(async () => {
  writeFileSync(file, JSON.stringify(JSON.parse(/```json\n([\s\S]*?)```/.exec(guide)?.[1] ?? "")));
  await callSome(dataDir, "apex-legal", "techstart-inc");
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

/** What a file is called by its contents. */
const withoutDigest = (text: string): string => text.replaceAll(/sha256:[0-9a-f]+/g, "sha256:DIGEST");

test.each(examplesIn(guide))("$argv: the guide's example says what the program says", async ({ argv, expected }) => {
  const real = argv.map((word) => (word === "prices.json" ? file : word));
  const { code, out, err } = await runCli(real, { dataDir, width: 100 });
  expectLike(withoutDigest(out + err), withoutDigest(expected));
  expect(code).toBe(expected.includes("to take what is out of bounds") ? 4 : 0);
});
