import type { Invoice, InvoiceLine } from "./invoice.ts";
import type { TokenCounts } from "./token-counts.ts";
import { noTokens } from "./token-counts.ts";

/** The invoice as JSON: amounts are decimal strings of 10⁻¹² USD, so no reader rounds them. */
export function formatInvoice(invoice: Invoice): string {
  const lines = invoice.lines.map((line) => ({ ...line, amountPico: line.amountPico.toString() }));
  return JSON.stringify({ lines, totalPico: invoice.totalPico.toString() });
}

function pico(value: unknown, path: string): bigint {
  if (typeof value !== "string" || !/^-?\d+$/.test(value)) {
    throw new TypeError(`invoice: ${path} must be an integer in a string`);
  }
  return BigInt(value);
}

function text(value: unknown, path: string): string {
  if (typeof value !== "string") throw new TypeError(`invoice: ${path} must be a string`);
  return value;
}

function count(value: unknown, path: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw new TypeError(`invoice: ${path} must be an integer`);
  }
  return value;
}

function readTokens(value: unknown, path: string): TokenCounts {
  const record = (value ?? {}) as Record<string, unknown>;
  const names = Object.keys(noTokens);
  const entries = names.map((name) => [name, count(record[name], `${path}.${name}`)]);
  return Object.fromEntries(entries) as unknown as TokenCounts;
}

function readLine(value: unknown, path: string): InvoiceLine {
  const record = (value ?? {}) as Record<string, unknown>;
  const provider = text(record["provider"], `${path}.provider`);
  if (provider !== "openai" && provider !== "anthropic") {
    throw new TypeError(`invoice: ${path}.provider is neither openai nor anthropic`);
  }
  const optional = (name: string): string | null =>
    record[name] === null ? null : text(record[name], `${path}.${name}`);
  return {
    id: text(record["id"], `${path}.id`),
    provider,
    endpoint: text(record["endpoint"], `${path}.endpoint`),
    model: text(record["model"], `${path}.model`),
    responseId: optional("responseId"),
    clientRequestId: optional("clientRequestId"),
    occurredAt: count(record["occurredAt"], `${path}.occurredAt`),
    tokens: readTokens(record["tokens"], `${path}.tokens`),
    amountPico: pico(record["amountPico"], `${path}.amountPico`),
  };
}

/**
 * Reads what {@link formatInvoice} wrote. A TypeError names the first field that is not as expected, also
 * when the total is not the sum of the lines; a SyntaxError means the text is not JSON.
 */
export function parseInvoice(json: string): Invoice {
  const record = (JSON.parse(json) ?? {}) as Record<string, unknown>;
  if (!Array.isArray(record["lines"])) throw new TypeError("invoice: lines must be an array");
  const lines = record["lines"].map((line, index) => readLine(line, `lines[${index}]`));
  const totalPico = pico(record["totalPico"], "totalPico");
  const sum = lines.reduce((total, line) => total + line.amountPico, 0n);
  if (sum !== totalPico) throw new TypeError("invoice: totalPico is not the sum of the lines");
  return { lines, totalPico };
}
