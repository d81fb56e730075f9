import { readFile } from "node:fs/promises";
import type { OpenOptions } from "@tenantry/composition";
import { createCancelSource, type Denial, formatInstant, TenantryError } from "@tenantry/core";
import type { MeetingResult, MeetingSummary } from "@tenantry/meetings";
import type { Context, Terminal } from "../context.ts";
import { exitCodeOfDenial } from "../exit-code.ts";
import { findTenant } from "../known-tenant.ts";
import { escapeCell, escapeTerminal } from "../output/escape-text.ts";
import { startProgress } from "../output/progress.ts";
import { type Cell, renderJson } from "../output/report.ts";

export interface SummarizeOptions {
  readonly tenant: string;
  readonly user?: string;
  readonly session?: string;
  readonly features?: string;
}

/** `tenantry summarize --tenant ID [FILE|-]`: the summary on stdout, the facts about it on stderr. */
export async function summarize(
  context: Context,
  file: string | undefined,
  options: SummarizeOptions,
): Promise<number> {
  const simulator = simulatorOptions(context.terminal.env);
  const transcript = await readTranscript(context.terminal, file);
  const interrupt = createCancelSource();
  const onInterrupt = (): void => interrupt.cancel(new TenantryError("cancelled", "interrupted"));
  process.once("SIGINT", onInterrupt);
  const progress = startProgress(context.terminal, "summarizing");
  try {
    return await context.withApp({ simulator }, async (app) => {
      await findTenant(app, options.tenant);
      const { summarizeMeeting } = await import("@tenantry/meetings");
      const result = await summarizeMeeting(app.tenantry, {
        tenantId: options.tenant,
        transcript,
        signal: interrupt.signal,
        ...(options.user === undefined ? {} : { userId: options.user }),
        ...(options.session === undefined ? {} : { sessionId: options.session }),
        ...(options.features === undefined ? {} : { features: namesIn(options.features) }),
      });
      progress.stop();
      return print(context, result, app.simulator !== null);
    });
  } finally {
    progress.stop();
    process.removeListener("SIGINT", onInterrupt);
  }
}

/** A slow simulator, to try time-outs, interrupts and limits by hand. */
function simulatorOptions(env: Terminal["env"]): NonNullable<OpenOptions["simulator"]> {
  const name = "TENANTRY_SIMULATOR_LATENCY_MS";
  const text = env[name] ?? "";
  if (text === "") return {};
  if (/^[0-9]{1,7}$/.test(text)) return { latency: { totalMs: Number(text) } };
  throw TenantryError.invalidRequest(name, `is "${text}"; give whole milliseconds, such as 1500`);
}

function namesIn(list: string): readonly string[] {
  const names = list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length === 0) throw TenantryError.invalidRequest("--features", "names none; leave it out to get them all");
  return [...new Set(names)];
}

async function readTranscript(terminal: Terminal, file: string | undefined): Promise<string> {
  if (file === undefined && terminal.keyboard === true) {
    throw TenantryError.invalidRequest(
      "[file]",
      "is missing; name a transcript, pipe one in, or give - to type it and end with Ctrl-D",
    );
  }
  const text = file === undefined || file === "-" ? await terminal.stdin() : await readText(file);
  if (text.trim() !== "") return text;
  throw TenantryError.invalidRequest("[file]", `${file ?? "standard input"} has no transcript in it`);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason =
      code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : (code ?? "unreadable");
    throw new TenantryError("invalid_request", `cannot read the transcript ${file}: ${reason}`, { cause });
  }
}

function print(context: Context, result: MeetingResult, simulated: boolean): number {
  switch (result.kind) {
    case "denied":
      return printDenial(context, result.callId, result.denial);
    case "failed": {
      const { callId } = result;
      const error =
        result.error.code === "cancelled"
          ? new TenantryError("cancelled", "interrupted; what was sent is booked", { cause: result.error })
          : result.error;
      if (context.format === "json") {
        context.terminal.out(renderJson({ callId, error: { code: error.code, message: error.message } }));
      }
      context.terminal.err(`call ${callId}; \`tenantry explain ${callId}\` shows its attempts\n`);
      throw error;
    }
    case "ok":
      printSummary(context, result, simulated);
      return 0;
  }
}

function printDenial({ terminal, format }: Context, callId: string, denial: Denial): number {
  const retryAfterSeconds = denial.retryAfterMs === null ? null : Math.ceil(denial.retryAfterMs / 1000);
  if (format === "json") {
    const resetAt = denial.resetAt === null ? null : formatInstant(denial.resetAt);
    terminal.out(renderJson({ callId, denial: { ...denial, resetAt, retryAfterSeconds } }));
  }
  terminal.err(`denied (${denial.code}): ${escapeCell(denial.message)}\n`);
  if (retryAfterSeconds !== null) terminal.err(`retry after ${retryAfterSeconds} s\n`);
  return exitCodeOfDenial(denial.code);
}

function printSummary(context: Context, result: MeetingSummary, simulated: boolean): void {
  const { record, lines: _lines, kind: _kind, ...summary } = result;
  const { userId, sessionId } = record;
  const whole = { ...summary, latencyMs: Math.round(summary.latencyMs), userId, sessionId, simulated };
  if (context.format !== "table") {
    const { features, tokenUsage, ...flat } = whole;
    const row: Record<string, Cell> = {
      ...flat,
      features: features.join(" "),
      tokensPrompt: tokenUsage?.prompt ?? null,
      tokensCompletion: tokenUsage?.completion ?? null,
      tokensTotal: tokenUsage?.total ?? null,
    };
    context.print({ title: "", columns: [], rows: [], json: whole, csv: { columns: Object.keys(row), rows: [row] } });
    return;
  }
  context.terminal.out(`${escapeTerminal(summary.summary)}\n`);
  const facts = factsOf(summary, simulated).map((line) => `${escapeCell(line)}\n`);
  context.terminal.err(`\n${facts.join("")}`);
}

type Facts = Omit<MeetingSummary, "record" | "lines" | "kind">;

function factsOf(summary: Facts, simulated: boolean): readonly string[] {
  const sla = summary.slaMet === null ? "best effort" : summary.slaMet ? "PASS" : "FAIL";
  const { tokenUsage } = summary;
  const tokens = tokenUsage === null ? "unknown" : `${tokenUsage.prompt} in + ${tokenUsage.completion} out`;
  const money = (usd: string | null): string => (usd === null ? "unknown" : `$${usd}`);
  return [
    `call ${summary.callId}${simulated ? ", simulated" : ""}`,
    `tenant ${summary.tenantId}, tier ${summary.tier}, model ${summary.model}, sections ${summary.features.join(", ")}`,
    `tokens ${tokens}; cost ${money(summary.costUsd)}; charge ${money(summary.chargeUsd)}`,
    `latency ${Math.round(summary.latencyMs)} ms; SLA ${sla}; attempts ${summary.attempts}`,
  ];
}
