import { formatInstant, type Instant } from "../time/instant.ts";
import type { Issue } from "../errors/issue.ts";
import { TenantryError } from "../errors/tenantry-error.ts";
import { formatModelRef, type ModelRef } from "../tenancy/model-ref.ts";
import type { Price } from "./price.ts";

/** All known prices, looked up by model and instant. Immutable. */
export interface PriceBook {
  /** Names this edition of the book. */
  readonly version: string;
  readonly prices: readonly Price[];
  /**
   * The price in force at an instant: the tenant's own before the global one. Null when there is none: the model is
   * unpriced, which is a state and not a price of 0 (R6).
   */
  find(ref: ModelRef, at: Instant, tenantId?: string): Price | null;
}

/** A book over these prices. Throws `invalid_configuration` that lists every overlap or reversed period. */
export function createPriceBook(version: string, prices: readonly Price[]): PriceBook {
  const byKey = new Map<string, Price[]>();
  for (const price of prices) {
    const key = bookKey(price, price.tenantId);
    const entries = byKey.get(key);
    if (entries === undefined) byKey.set(key, [price]);
    else entries.push(price);
  }
  for (const entries of byKey.values()) entries.sort((a, b) => startOf(a) - startOf(b));
  const issues = [...byKey.values()].flatMap(periodIssues);
  if (issues.length > 0) throw TenantryError.invalidConfiguration(issues);

  const inForce = (ref: ModelRef, at: Instant, tenantId: string | null): Price | null => {
    const entries = byKey.get(bookKey(ref, tenantId));
    if (entries === undefined) return null;
    for (let index = entries.length - 1; index >= 0; index -= 1) {
      const price = entries[index] as Price;
      if (startOf(price) <= at) return at < endOf(price) ? price : null;
    }
    return null;
  };
  return {
    version,
    prices,
    find: (ref, at, tenantId) => (tenantId === undefined ? null : inForce(ref, at, tenantId)) ?? inForce(ref, at, null),
  };
}

function bookKey(ref: ModelRef, tenantId: string | null): string {
  return JSON.stringify([ref.provider, ref.model, tenantId]);
}

function startOf(price: Price): number {
  return price.from ?? -Infinity;
}

function endOf(price: Price): number {
  return price.to ?? Infinity;
}

function periodIssues(sorted: readonly Price[]): Issue[] {
  const issues: Issue[] = [];
  for (const [index, price] of sorted.entries()) {
    const path = `prices.${formatModelRef(price)}`;
    if (startOf(price) >= endOf(price)) {
      issues.push({
        path,
        message: `${price.id}: the period ends before it begins; put \`from\` before \`to\``,
      });
    }
    const next = sorted[index + 1];
    if (next !== undefined && startOf(next) < endOf(price)) {
      const since = next.from === null ? "the beginning" : formatInstant(next.from);
      issues.push({
        path,
        message: `${price.id} and ${next.id} overlap from ${since}; end the first where the second begins`,
      });
    }
  }
  return issues;
}
