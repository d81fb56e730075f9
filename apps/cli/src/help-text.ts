import { exitCodes } from "./exit-code.ts";

const environment: readonly (readonly [name: string, meaning: string])[] = [
  ["TENANTRY_CONFIG", "configuration file"],
  ["TENANTRY_DATA_DIR", "folder of the ledger (.tenantry)"],
  ["OPENAI_API_KEY, OPENAI_BASE_URL", "OpenAI, or a server that speaks like it"],
  ["ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL", "Anthropic"],
  ["NETRA_OTLP_ENDPOINT, NETRA_API_KEY", "where traces go"],
];

/** What stands below the commands in `tenantry --help`. */
export function helpEpilogue(): string {
  return [
    "",
    "Examples:",
    "  tenantry summarize --tenant apex-legal meeting.txt",
    "  tenantry usage report --by tenant,model --period this-month",
    "  tenantry usage report --by day --format csv > usage.csv",
    "  tenantry sla report --period 7d || echo 'a customer was let down'",
    "",
    "Exit codes:",
    ...pairs(exitCodes.map(([code, meaning]) => [String(code), meaning])),
    "",
    "Environment:",
    ...pairs(environment),
    "  Without a provider key the embedded simulator answers, and the output says so.",
  ].join("\n");
}

function pairs(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`);
}
