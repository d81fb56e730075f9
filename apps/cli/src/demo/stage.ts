import type { App } from "@tenantry/composition";
import type { MeetingResult } from "@tenantry/meetings";
import type { Terminal } from "../context.ts";
import { escapeTerminal } from "../output/escape-text.ts";

/** The customers of the example, with the person who calls for each. */
export const cast = [
  { tenantId: "apex-legal", userId: "john.smith@apexlegal.com" },
  { tenantId: "stratex-consulting", userId: "cfo@stratex.com" },
  { tenantId: "techstart-inc", userId: "dev@techstart.io" },
] as const;

/** What the scenes of the demo share. */
export interface Stage {
  readonly app: App;
  readonly terminal: Terminal;
  /** Ids of the calls of this run, for the reconciliation at its end. */
  readonly callIds: string[];
  transcriptOf(tenantId: string): string;
  say(...lines: readonly string[]): void;
  heading(text: string): void;
}

export function createStage(app: App, terminal: Terminal, transcripts: ReadonlyMap<string, string>): Stage {
  const say = (...lines: readonly string[]): void => {
    for (const line of lines) terminal.out(`${escapeTerminal(line)}\n`);
  };
  return {
    app,
    terminal,
    callIds: [],
    transcriptOf: (tenantId) => transcripts.get(tenantId) ?? "",
    say,
    heading: (text) => say("", text, "─".repeat(text.length)),
  };
}

/** One line about a call, whatever became of it. */
export function summaryLine(result: MeetingResult): string {
  if (result.kind === "denied") return `denied (${result.denial.code}): ${result.denial.message}`;
  if (result.kind === "failed") return `failed (${result.error.code}): ${result.error.message}`;
  const sla = result.slaMet === null ? "best effort" : result.slaMet ? "PASS" : "FAIL";
  const tokens = result.tokenUsage === null ? "unknown" : String(result.tokenUsage.total);
  return `${result.model}, ${tokens} tokens, $${result.costUsd ?? "unknown"}, ${Math.round(result.latencyMs)} ms, SLA ${sla}`;
}
