import { type DataReader, joinPath, type Tier, type UnknownTenantPolicy } from "@tenantry/core";
import type { IngestConfig } from "./config.ts";

const dayMs = 86_400_000;
const mebibyte = 2 ** 20;

const defaultAcceptPastDays = 32;
const defaultKeepSpansDays = 35;
const defaultMaxBodyMb = 16;

const mostDays = 3_650;
const mostBodyMb = 1_024;

const names = ["unknownTenant", "acceptPastDays", "maxBodyMb", "keepSpansDays"];

/** `ingest:`, how spans that others report are taken in. */
export function parseIngest(reader: DataReader, raw: unknown, tiers: ReadonlyMap<string, Tier>): IngestConfig {
  const fields = (raw === undefined ? {} : reader.fields(raw, "ingest", names)) ?? {};
  const whole = (name: string, fallback: number, most: number): number => {
    const value = fields[name];
    if (value === undefined) return fallback;
    const path = joinPath("ingest", name);
    const given = reader.whole(value, path, 1);
    if (given !== null && given > most) reader.report(path, `must be at most ${most}, not ${given}`);
    return given ?? fallback;
  };
  const acceptPastDays = whole("acceptPastDays", defaultAcceptPastDays, mostDays);
  const keepSpansDays = whole("keepSpansDays", Math.max(defaultKeepSpansDays, acceptPastDays + 3), mostDays + 3);
  if (keepSpansDays < acceptPastDays) {
    const message = `must be at least acceptPastDays, which is ${acceptPastDays}: a span that is forgotten and sent again would be counted twice`;
    reader.report("ingest.keepSpansDays", message);
  }
  return {
    unknownTenant: unknownTenant(reader, fields["unknownTenant"], tiers),
    acceptPastMs: acceptPastDays * dayMs,
    maxBodyBytes: whole("maxBodyMb", defaultMaxBodyMb, mostBodyMb) * mebibyte,
    keepSpansMs: keepSpansDays * dayMs,
  };
}

function unknownTenant(reader: DataReader, raw: unknown, tiers: ReadonlyMap<string, Tier>): UnknownTenantPolicy {
  const path = "ingest.unknownTenant";
  if (raw === undefined || raw === "quarantine") return { kind: "quarantine" };
  if (raw === "reject") return { kind: "reject" };
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    reader.report(path, "must be reject, quarantine, or { create: <tier> }");
    return { kind: "quarantine" };
  }
  const fields = reader.fields(raw, path, ["create"]);
  const tierId = reader.text(fields?.["create"], joinPath(path, "create"));
  if (tierId !== null && !tiers.has(tierId)) {
    reader.report(joinPath(path, "create"), `is ${JSON.stringify(tierId)}; known are ${[...tiers.keys()].join(", ")}`);
  }
  return { kind: "create", tierId: tierId ?? "" };
}
