import type { Cell, Column } from "./report.ts";

/** A cell as a person reads it: counts and amounts with their thousands apart, null as a dash. */
export function formatCell(value: Cell, align: Column["align"]): string {
  if (value === null) return "-";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return groupThousands(String(value));
  return align === "right" || align === "decimal" ? groupThousands(value) : value;
}

/** Decimals filled up with zeros to the longest, so that the points stand under each other. Nothing is rounded. */
export function alignPoints(texts: readonly string[]): readonly string[] {
  const decimals = (text: string): number => (isNumber(text) ? (text.split(".")[1]?.length ?? 0) : 0);
  const most = Math.max(0, ...texts.map(decimals));
  if (most === 0) return texts;
  return texts.map((text) => {
    if (!isNumber(text)) return text;
    const [whole = "", fraction = ""] = text.split(".");
    return `${whole}.${fraction.padEnd(most, "0")}`;
  });
}

function isNumber(text: string): boolean {
  return /^-?[0-9,]+(\.[0-9]+)?$/.test(text);
}

function groupThousands(text: string): string {
  const match = /^(-?[0-9]{4,})(\.[0-9]+)?$/.exec(text);
  return match === null ? text : `${(match[1] ?? "").replace(/\B(?=([0-9]{3})+$)/g, ",")}${match[2] ?? ""}`;
}
