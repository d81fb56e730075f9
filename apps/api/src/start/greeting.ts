import type { FirstKey } from "./first-keys.ts";

export interface GreetingFacts {
  readonly address: string;
  /** Where the configuration was read from. */
  readonly source: string;
  readonly storePath: string;
  readonly isSimulated: boolean;
  readonly tenantIds: readonly string[];
  readonly firstKeys: readonly FirstKey[];
  /** A fresh admin key, or null. */
  readonly adminSecret: string | null;
}

/** What the operator reads at the start. Fresh keys are in it: it goes to the terminal and to no log. */
export function greeting(facts: GreetingFacts): string {
  const { address, tenantIds, firstKeys, adminSecret } = facts;
  const lines = [
    `tenantry listens on ${address}`,
    `  configuration  ${facts.source}`,
    `  ledger         ${facts.storePath}`,
    `  control plane  ${address}/docs`,
    `  traces in      ${address}/v1/traces, or NETRA_OTLP_ENDPOINT=${address}/telemetry`,
    facts.isSimulated
      ? "  providers      simulated: no provider key is set; set OPENAI_API_KEY or ANTHROPIC_API_KEY for real answers"
      : "  providers      connected",
  ];
  if (firstKeys.length > 0) {
    const width = Math.max(...firstKeys.map(({ tenantId }) => tenantId.length));
    lines.push("", "Keys of the tenants, shown this once:");
    for (const { tenantId, secret } of firstKeys) lines.push(`  ${printable(tenantId).padEnd(width)}  ${secret}`);
  }
  if (adminSecret !== null) lines.push("", "Admin key, shown this once:", `  ${adminSecret}`);
  lines.push("", "Try it:", `  ${example(address, firstKeys[0]?.secret ?? null)}`);
  if (firstKeys.length === 0) {
    const id = printable(tenantIds[0] ?? "<id>");
    lines.push(`  TENANTRY_KEY is a tenant's key; to make one: npm run tenantry -- keys create --tenant ${id}`);
  }
  return `${lines.join("\n")}\n`;
}

function example(address: string, secret: string | null): string {
  const key = secret ?? "$TENANTRY_KEY";
  const body = '{"messages":[{"role":"user","content":"Say hello in one sentence."}]}';
  return `curl -s ${address}/v1/chat/completions -H "authorization: Bearer ${key}" -H "content-type: application/json" -d '${body}'`;
}

/** Tenant ids come from a file and may hold what moves a terminal's cursor. */
function printable(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e\u00a0-\uffff]/g, "?");
}
