import { amountText, formatInstant, type Instant, type PriceAmount, type PriceChange } from "@tenantry/core";
import type { Column, Row } from "../output/report.ts";

export const changeColumns: readonly Column[] = [
  { key: "model", title: "model" },
  { key: "tenantId", title: "only for", hideEmpty: true },
  { key: "of", title: "of" },
  { key: "from", title: "from", hideEmpty: true, importance: 2 },
  { key: "to", title: "until", hideEmpty: true, importance: 1 },
  { key: "before", title: "before", align: "decimal" },
  { key: "after", title: "after", align: "decimal" },
  { key: "per", title: "USD per", importance: 3 },
];

/** A change as plain data; amounts are decimal strings, null where there is none. */
export function changeRow(change: PriceChange): Row {
  const { model, tenantId, of, per } = change;
  return {
    model,
    tenantId,
    of,
    from: instant(change.from),
    to: instant(change.to),
    before: amount(change.beforePico, per),
    after: amount(change.afterPico, per),
    per,
  };
}

function amount(pico: bigint | null, per: PriceAmount["per"]): string | null {
  return pico === null ? null : amountText(pico, per);
}

function instant(at: Instant | null): string | null {
  return at === null ? null : formatInstant(at);
}
