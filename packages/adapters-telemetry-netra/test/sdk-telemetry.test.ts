import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { type NetraSdkPackage, telemetryContract } from "@tenantry/testkit";
import { describe, it } from "vitest";
import { deviations, sdkRules } from "./sdk/sdk-rules.ts";
import { itWithNetraSdk } from "./sdk/with-netra-sdk.ts";

type Problems = ReadonlyMap<string, string | null>;
let checked: Promise<Problems> | null = null;

/** What came of each rule, by its name, in one process with the SDK. */
async function checkAll({ entry }: NetraSdkPackage): Promise<Problems> {
  const program = join(import.meta.dirname, "programs", "netra-sdk-rules.ts");
  const args = ["--conditions=@tenantry/source", "--experimental-import-meta-resolve", program, entry];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], timeout: 100_000 });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await new Promise((resolve) => void child.once("close", resolve));
  const lines = output.split("\n").filter((line) => line.startsWith("@rule "));
  const told = lines.map((line) => JSON.parse(line.slice(6)) as { name: string; problem: string | null });
  return new Map(told.map(({ name, problem }) => [name, problem]));
}

describe("telemetry through the real netra-sdk", () => {
  for (const { id, sentence } of telemetryContract.rules) {
    const reason = deviations[id];
    if (reason !== undefined) it.skip(`${id} ${sentence} (deviation: ${reason})`);
  }
  for (const { name } of sdkRules) {
    itWithNetraSdk(name, async (sdk) => {
      checked ??= checkAll(sdk);
      assert.equal((await checked).get(name), null);
    });
  }
});
