import { randomUUID } from "node:crypto";
import { formatModelRef, formatUsd, TenantryError } from "@tenantry/core";
import type { ProviderSimulator } from "@tenantry/composition";
import { meetingRequest, type MeetingResult, sections, summarizeMeeting } from "@tenantry/meetings";
import { startProgress } from "../output/progress.ts";
import { cast, type Stage, summaryLine } from "./stage.ts";

const [apex, stratex, techstart] = cast;

/** An answer in the time a fast model takes. */
const usualMs = 250;
/** More than the 2 s that Enterprise was promised. */
const slowMs = 2_150;
const perTokenMs = 6;

/** Seed, steps 5 and 6: three meetings, one for each customer. */
export async function threeMeetings(stage: Stage): Promise<readonly MeetingResult[]> {
  stage.heading("Three customers, three meetings (steps 5 and 6)");
  stage.app.simulator?.setLatency({ totalMs: usualMs });
  const results: MeetingResult[] = [];
  for (const who of cast) {
    const result = await summarize(stage, who);
    results.push(result);
    stage.say("", `${who.tenantId} (${who.userId})`, `  ${summaryLine(result)}`);
    if (result.kind === "ok") stage.say("", ...result.summary.split("\n").map((line) => `  │ ${line}`));
  }
  return results;
}

/** A starter tenant runs into its 10 calls a minute. A denied call costs nothing. */
export async function rateLimit(stage: Stage): Promise<void> {
  stage.heading("TechStart bought 10 calls a minute, and gets 10");
  stage.app.simulator?.setLatency({});
  let admitted = 0;
  for (let call = 1; call <= 11; call += 1) {
    const result = await summarize(stage, techstart);
    if (result.kind === "denied") {
      stage.say(`${admitted} more calls answered, then ${summaryLine(result)}`);
      return;
    }
    if (result.kind === "ok") admitted += 1;
  }
  throw new TenantryError("internal", "eleven calls within a minute were admitted");
}

/** One slow answer: the verdict of the call, and the event on its span, say so. */
export async function breach(stage: Stage, simulator: ProviderSimulator): Promise<void> {
  stage.heading("A slow answer breaks Apex's objective of 2 s");
  simulator.setLatency({ totalMs: slowMs });
  stage.say(summaryLine(await summarize(stage, apex)));
}

/** The first provider is busy: the tier's route goes on with the second, and every attempt is a ledger line. */
export async function fallback(stage: Stage, simulator: ProviderSimulator): Promise<void> {
  stage.heading("OpenAI answers 429, try again in 20 s: the call falls back to the second provider");
  simulator.setLatency({ totalMs: usualMs });
  simulator.plan([{ match: { provider: "openai" }, fault: { kind: "status", status: 429, retryAfterMs: 20_000 } }]);
  const result = await summarize(stage, apex);
  simulator.plan([]);
  stage.say(summaryLine(result));
  if (result.kind !== "ok") return;
  for (const line of result.lines) {
    const cost =
      line.costPico === null ? `unknown, at most $${formatUsd(line.atMostPico ?? 0n)}` : `$${formatUsd(line.costPico)}`;
    stage.say(`  attempt ${line.ordinal}: ${formatModelRef(line.answered)} ${line.outcome}, cost ${cost}`);
  }
}

/** A stream the caller leaves half-way: what was generated is billed all the same. */
export async function abortedStream(stage: Stage, simulator: ProviderSimulator): Promise<void> {
  stage.heading("Stratex leaves a stream half-way, and it is billed all the same");
  simulator.setLatency({ perTokenMs });
  const { tenantId, userId } = stratex;
  const wanted = sections.filter(({ feature }) => ["summary", "action_items"].includes(feature));
  const streamed = await stage.app.tenantry.stream(
    { tenantId, userId, sessionId: randomUUID(), feature: "meeting-summary", operation: "meeting-summarization" },
    meetingRequest(wanted, stage.transcriptOf(tenantId)),
  );
  stage.callIds.push(streamed.callId);
  if (streamed.kind !== "answering")
    return stage.say(streamed.kind === "denied" ? streamed.denial.message : streamed.error.message);
  let pieces = 0;
  for await (const event of streamed.events) {
    if (event.type === "text") pieces += 1;
    if (pieces === 40) break;
  }
  const { lines, record } = await streamed.ended;
  const [line] = lines;
  const tokens =
    line?.usage === null || line === undefined
      ? "unknown"
      : `${line.usage.tokens.input} in + ${line.usage.tokens.output} out`;
  stage.say(
    `left after ${pieces} pieces: call ${record.outcome}, ${tokens} tokens ${line?.source ?? ""}, cost $${formatUsd(line?.costPico ?? 0n)}`,
  );
}

async function summarize(stage: Stage, who: (typeof cast)[number]): Promise<MeetingResult> {
  const progress = startProgress(stage.terminal, who.tenantId);
  try {
    const result = await summarizeMeeting(stage.app.tenantry, {
      ...who,
      sessionId: randomUUID(),
      transcript: stage.transcriptOf(who.tenantId),
    });
    stage.callIds.push(result.callId);
    return result;
  } finally {
    progress.stop();
  }
}
