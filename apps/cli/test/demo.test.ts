import { expect, test } from "vitest";
import { configFile, runCli, temporaryFolder } from "./run-cli.ts";

test("the demo ends with the books reconciled, and its calls are there to be reported", async () => {
  const dataDir = temporaryFolder();
  const { code, out, err } = await runCli(["demo"], { dataDir });
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain("Reconciled to the last 10⁻¹² dollar");
  // eslint-disable-next-line no-control-regex
  expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  const { out: report } = await runCli(["usage", "report", "-f", "json"], { dataDir });
  expect(JSON.parse(report)).toMatchObject({ total: { denied: 1, estimated: 1, unknown: 0 } });
});

test("the demo of a configuration without its customers is exit 2 and says whom it misses", async () => {
  const config = configFile("tiers:\n  t: { name: T, models: [openai/gpt-4o-mini] }\ntenants: {}\n");
  const { code, err } = await runCli(["-c", config, "demo"], { dataDir: temporaryFolder() });
  expect(code).toBe(2);
  expect(err).toContain("the demo is about apex-legal, stratex-consulting, techstart-inc");
});
