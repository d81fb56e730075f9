import {
  type DatedEntry,
  type Invoice,
  type Period,
  type ReadInvoiceOptions,
  TenantryError,
  usageOf,
} from "@tenantry/core";

/** Whose invoices can be read. */
export const invoiceProviders = ["openai", "anthropic", "simulator"] as const;

export type InvoiceProvider = (typeof invoiceProviders)[number];

/** What a file says: sums by day, or single requests. */
export type InvoiceFile =
  | { readonly kind: "export"; readonly invoice: Invoice }
  | {
      readonly kind: "requests";
      readonly format: string;
      readonly entries: readonly DatedEntry[];
      /** The UTC days of its requests; null without one. */
      readonly period: Period | null;
    };

/**
 * Reads a provider's export, or the simulator's invoice as `GET /__simulator/invoice` answers it.
 *
 * @throws TenantryError `invalid_request` with every problem and its place.
 */
export async function readInvoice(
  provider: InvoiceProvider,
  text: string,
  options: ReadInvoiceOptions = {},
): Promise<InvoiceFile> {
  switch (provider) {
    case "openai": {
      const { readOpenAIInvoice } = await import("@tenantry/adapters-llm-openai");
      return { kind: "export", invoice: readOpenAIInvoice(text, options) };
    }
    case "anthropic": {
      const { readAnthropicInvoice } = await import("@tenantry/adapters-llm-anthropic");
      return { kind: "export", invoice: readAnthropicInvoice(text, options) };
    }
    case "simulator":
      return await readSimulated(text);
  }
}

const dayMs = 86_400_000;

async function readSimulated(text: string): Promise<InvoiceFile> {
  const { parseInvoice } = await import("@tenantry/provider-simulator");
  try {
    const entries = parseInvoice(text).lines.map((line) => ({
      entryId: line.id,
      attemptId: line.clientRequestId,
      responseId: line.responseId,
      model: `${line.provider}/${line.model}`,
      amountPico: line.amountPico,
      occurredAt: line.occurredAt,
      usage: usageOf(line.tokens),
    }));
    return { kind: "requests", format: "invoice of the provider simulator", entries, period: daysOf(entries) };
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof SyntaxError)) throw cause;
    throw new TenantryError("invalid_request", `this is no invoice of the provider simulator: ${cause.message}`, {
      cause,
    });
  }
}

function daysOf(entries: readonly DatedEntry[]): Period | null {
  if (entries.length === 0) return null;
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for (const { occurredAt } of entries) [first, last] = [Math.min(first, occurredAt), Math.max(last, occurredAt)];
  return { from: first - (first % dayMs), to: last - (last % dayMs) + dayMs };
}
