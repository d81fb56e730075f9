import { formatUsd, type LedgerLine, type PicoUsd, totalTokens } from "@tenantry/core";

interface ModelUsage {
  readonly model: string;
  /** Null when no line of it has usage. */
  units: number | null;
  /** Null when a line of it has no cost. */
  costPico: PicoUsd | null;
}

/**
 * The text of `netra.usage`: one entry for each model that answered, in the SDK's order of keys. The cost is a JSON
 * number of the exact decimal digits, put in as text: a float would lose some (R5). It is absent everywhere when the
 * call's cost is unknown, because what Netra would add up is not the cost then (R6). Null when there is nothing to say.
 */
export function toUsageText(lines: readonly LedgerLine[], costPico: PicoUsd | null, kind: string): string | null {
  const models = byModel(lines);
  if (models.length === 0) return null;
  const sum = models.reduce<PicoUsd | null>(
    (total, { costPico: cost }) => (total === null || cost === null ? null : total + cost),
    0n,
  );
  // The call's own figure decides. Where its lines do not add up to it, it goes whole to the model that came last.
  const isSplit = costPico !== null && sum === costPico;
  const entries = models.map(({ model, units, costPico: cost }, index) => {
    const isLast = index === models.length - 1;
    const stated = isSplit ? cost : isLast ? costPico : null;
    return [
      `{"model":${JSON.stringify(model.toWellFormed())},"usage_type":${JSON.stringify(kind.toWellFormed())}`,
      units === null ? "" : `,"units_used":${units}`,
      stated === null ? "" : `,"cost_in_usd":${formatUsd(stated)}`,
      "}",
    ].join("");
  });
  return `[${entries.join(",")}]`;
}

/** Lines not superseded, by answering model, in order. */
function byModel(lines: readonly LedgerLine[]): readonly ModelUsage[] {
  const superseded = new Set(lines.map((line) => line.supersedes));
  const models = new Map<string, ModelUsage>();
  for (const line of lines) {
    if (superseded.has(line.lineId)) continue;
    const { model } = line.answered;
    const entry = models.get(model) ?? { model, units: null, costPico: 0n };
    if (line.usage !== null) entry.units = (entry.units ?? 0) + totalTokens(line.usage.tokens);
    entry.costPico = entry.costPico === null || line.costPico === null ? null : entry.costPico + line.costPico;
    models.set(model, entry);
  }
  return [...models.values()];
}
