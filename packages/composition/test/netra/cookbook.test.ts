import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { formatUsd } from "@tenantry/core";
import { type MeetingSummary, summarizeMeeting } from "@tenantry/meetings";
import { openOtlpCollector, type OtlpSpan } from "@tenantry/testkit";
import { expect, onTestFinished, test } from "vitest";
import { loadConfig, openApp } from "../../src/index.ts";
import { temporaryFolder } from "../support/installation.ts";
import { read, spansOf } from "./traced-installation.ts";

const example = join(import.meta.dirname, "..", "..", "..", "..", "examples", "meetingmind");

test("check 5: the cookbook's three customers, as the example configures them: each summary is one trace with cost, service level and content", async () => {
  const collector = await openOtlpCollector();
  const env = { NETRA_OTLP_ENDPOINT: `${collector.origin}/telemetry`, NETRA_API_KEY: "key-for-tests" };
  const dataDir = await temporaryFolder();
  const app = await openApp(await loadConfig({ path: join(example, "tenantry.yaml"), env, dataDir }));
  onTestFinished(async () => {
    await app.close();
    await collector.close();
  });
  const made = new Map<string, { readonly summary: MeetingSummary; readonly transcript: string }>();
  for (const { id } of app.config.catalogue.tenants) {
    const transcript = await readFile(join(example, "meetings", `${id}.txt`), "utf8");
    const summary = await summarizeMeeting(app.tenantry, {
      tenantId: id,
      userId: `user-of-${id}`,
      sessionId: `meeting-of-${id}`,
      transcript,
    });
    expect(summary.kind).toBe("ok");
    made.set(id, { summary: summary as MeetingSummary, transcript });
  }
  await app.telemetry.flush(5_000);
  const received = collector.spans();
  expect(received).toHaveLength(6);
  for (const [tenantId, { summary, transcript }] of made) {
    const { call, attempts } = spansOf(received, summary.callId);
    const [attempt] = attempts;
    expect(call.span.name).toBe("meeting-summarization");
    const said = ["tenant_id", "tier", "netra.tenant_id", "netra.user_id", "netra.session_id"].map((key) =>
      read(call.span, key),
    );
    expect(said).toEqual([tenantId, summary.tier, tenantId, `user-of-${tenantId}`, `meeting-of-${tenantId}`]);
    // A tier of best effort promises nothing, so nothing is said to be met.
    expect(read(call.span, "sla_met")).toBe(summary.slaMet ?? undefined);
    expect(call.span.events.some(({ name }) => name === "sla-breach")).toBe(summary.slaMet === false);
    const [line] = summary.lines;
    expect(read(call.span, "netra.usage")).toContain(`"cost_in_usd":${formatUsd(line?.costPico ?? -1n)}}`);
    expect(read(call.span, "netra.usage")).toContain(`"units_used":${summary.tokenUsage?.total}`);
    expect(summary.costUsd).toBe(formatUsd(line?.costPico ?? -1n));
    // The cookbook traces content, and so do the tiers of the example.
    const prompt = Object.entries(promptsOf(attempt?.span as OtlpSpan)).map(([, text]) => text);
    expect(prompt.join("\n")).toContain(transcript.trim().slice(0, 200));
    expect(read(attempt?.span as OtlpSpan, "gen_ai.completion.0.content")).toBe(summary.summary);
  }
});

function promptsOf(span: OtlpSpan): Readonly<Record<string, string>> {
  const prompts = span.attributes.filter(({ key }) => /^gen_ai\.prompt\.\d+\.content$/.test(key));
  return Object.fromEntries(prompts.map(({ key }) => [key, String(read(span, key))]));
}
