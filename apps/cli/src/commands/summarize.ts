import { readFile } from "node:fs/promises";
import { createCancelSource, TenantryError } from "@tenantry/core";
import { type MeetingResult, summarizeMeeting } from "@tenantry/meetings";
import type { Context } from "../context.ts";
import { exitCodeOfDenial } from "../exit-code.ts";
import { escapeTerminal } from "../output/escape-text.ts";
import { startProgress } from "../output/progress.ts";

export interface SummarizeOptions {
  readonly tenant: string;
  readonly user?: string;
  readonly session?: string;
  readonly features?: string;
}

/** `tenantry summarize --tenant ID [FILE|-]`. */
export async function summarize(
  context: Context,
  file: string | undefined,
  options: SummarizeOptions,
): Promise<number> {
  const transcript = await readTranscript(context, file);
  const interrupt = createCancelSource();
  const onInterrupt = (): void => interrupt.cancel(new TenantryError("cancelled", "interrupted"));
  process.once("SIGINT", onInterrupt);
  const progress = startProgress(context.terminal, "summarizing");
  try {
    return await context.withApp({}, async ({ tenantry, simulator }) => {
      const result = await summarizeMeeting(tenantry, {
        tenantId: options.tenant,
        transcript,
        signal: interrupt.signal,
        ...(options.user === undefined ? {} : { userId: options.user }),
        ...(options.session === undefined ? {} : { sessionId: options.session }),
        ...(options.features === undefined ? {} : { features: options.features.split(",").map((name) => name.trim()) }),
      });
      progress.stop();
      return print(context, result, simulator !== null);
    });
  } finally {
    progress.stop();
    process.removeListener("SIGINT", onInterrupt);
  }
}

async function readTranscript(context: Context, file: string | undefined): Promise<string> {
  if (file === undefined || file === "-") return await context.terminal.stdin();
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? "unreadable";
    throw new TenantryError("invalid_request", `cannot read the transcript ${file}: ${reason}`, { cause });
  }
}

function print(context: Context, result: MeetingResult, simulated: boolean): number {
  const { terminal, format } = context;
  if (result.kind === "denied") {
    const { denial } = result;
    if (format === "json") terminal.out(`${JSON.stringify({ callId: result.callId, denial }, null, 2)}\n`);
    terminal.err(`denied (${denial.code}): ${escapeTerminal(denial.message)}\n`);
    return exitCodeOfDenial(denial.code);
  }
  if (result.kind === "failed") throw result.error;
  const { record: _record, lines: _lines, kind: _kind, ...summary } = result;
  if (format === "json") {
    terminal.out(`${JSON.stringify({ ...summary, simulated }, null, 2)}\n`);
    return 0;
  }
  const sla = summary.slaMet === null ? "best effort" : summary.slaMet ? "PASS" : "FAIL";
  const tokens =
    summary.tokenUsage === null ? "unknown" : `${summary.tokenUsage.prompt} in + ${summary.tokenUsage.completion} out`;
  terminal.out(`${escapeTerminal(summary.summary)}\n`);
  terminal.err(
    [
      "",
      `${simulated ? "simulated; " : ""}call ${summary.callId}`,
      `tenant ${summary.tenantId}, tier ${summary.tier}, model ${summary.model}, sections ${summary.features.join(", ")}`,
      `tokens ${tokens}; cost $${summary.costUsd ?? "unknown"}; charge $${summary.chargeUsd ?? "unknown"}`,
      `latency ${Math.round(summary.latencyMs)} ms; SLA ${sla}; attempts ${summary.attempts}`,
      "",
    ].join("\n"),
  );
  return 0;
}
