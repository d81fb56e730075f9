import type { Period } from "../time/period.ts";

/** Whole UTC days (`2026-11-23`), in the vendor's own words, with nothing of ours in them. */
export interface InvoiceItem {
  readonly day: string;
  /** The provider's id or name of the key that was used; null where the export has none. */
  readonly key: string | null;
  /** The model in the provider's words; null where the export has none, or where the item is for something else. */
  readonly model: string | null;
  /** Class of the tokens; null for money. */
  readonly part: TokenPart | null;
  /** 10⁻¹² USD, or tokens. Negative for credits. */
  readonly amount: bigint;
  /** The line of the export in the provider's words. */
  readonly text: string;
}

/** Classes both sides can tell apart. */
export type TokenPart = "input" | "cacheRead" | "cacheWrite" | "output";

/** What a provider says it billed or counted, by day, and by key and model where the export is grouped by them. */
export interface Invoice {
  /** What was read, for people: "costs API, JSON". */
  readonly format: string;
  /** Pages the reading rests on, and when they were read. */
  readonly sources: readonly string[];
  readonly unit: "usd" | "tokens";
  /** Which dimensions the export is grouped by. */
  readonly grain: { readonly key: boolean; readonly model: boolean };
  /**
   * Decimals of a dollar to which amounts are given, 2–12: what an amount can be off by is half of the last. 0 for tokens,
   * which are whole.
   */
  readonly decimals: number;
  readonly items: readonly InvoiceItem[];
  /** The days the export speaks of, also those without an item; null when it has none. */
  readonly period: Period | null;
  /** What was not checked, and what the reader should know. */
  readonly notes: readonly string[];
  /** One spelling for a model's names in the export and in the ledger: without dates, so that they meet. */
  familyOf(model: string): string;
}

/** The columns or fields of an export an operator knows about and wants left out, by name. */
export interface ReadInvoiceOptions {
  readonly ignore?: readonly string[];
}
