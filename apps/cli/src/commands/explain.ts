import { explainCall, TenantryError } from "@tenantry/core";
import type { Context } from "../context.ts";
import { escapeTerminal } from "../output/escape-text.ts";

/** `tenantry explain <call>`: the derivation of a call's cost, to be checked by hand. */
export async function explain(context: Context, callId: string): Promise<number> {
  const detail = await context.withBooks(async ({ reader }) => await reader.call({ kind: "installation" }, callId));
  if (detail === null) {
    throw new TenantryError("not_found", `there is no call ${callId}; \`tenantry usage report\` shows what there is`);
  }
  const lines = explainCall(detail, { showCost: true });
  if (context.format === "table") context.terminal.out(`${lines.map(escapeTerminal).join("\n")}\n`);
  else {
    const rows = lines.map((text) => ({ text }));
    context.print({ title: "", columns: [{ key: "text", title: "text" }], rows, meta: { callId } });
  }
  return 0;
}
