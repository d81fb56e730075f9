import { spawn } from "node:child_process";
import { join } from "node:path";
import { findNetraSdk, noNetraSdk } from "@tenantry/testkit";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "./support/installation.ts";

const sdk = findNetraSdk();
if (sdk === null) console.log(`skipped: ${noNetraSdk}`);

describe("while netra-sdk instruments both vendors' packages and the application uses its process-wide ids", () => {
  const title =
    "150 calls of three tenants are a span each and one an attempt, with nobody's ids but their own, and their tokens once";
  const check = async (): Promise<void> => {
    const program = join(import.meta.dirname, "support", "netra-sdk-process.ts");
    const ledger = join(await temporaryFolder(), "ledger.db");
    const args = ["--conditions=@tenantry/source", program, sdk?.entry ?? "", ledger];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], timeout: 60_000 });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await new Promise((resolve) => void child.once("close", resolve));
    const seen = JSON.parse(output) as Readonly<Record<string, unknown>>;
    expect(seen).toMatchObject({
      spans: { standup: 150, "openai.chat": 75 },
      wrong: 0,
      billedCalls: 150,
      counts: { sent: 300, dropped: 0, queued: 0 },
    });
    const { spans } = seen as { spans: Readonly<Record<string, number>> };
    const named = Object.keys(spans).toSorted();
    expect(named).toEqual(["anthropic.chat", "anthropic.stream", "openai.chat", "standup"]);
    expect((spans["anthropic.chat"] ?? 0) + (spans["anthropic.stream"] ?? 0)).toBe(75);
    expect([seen["promptTokens"], seen["completionTokens"]]).toEqual([seen["billedInput"], seen["billedOutput"]]);
  };
  if (sdk === null) it.skip(`${title} (${noNetraSdk})`);
  else it(title, check, 90_000);
});
