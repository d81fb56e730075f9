import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { Books, PriceFormat, PriceImport } from "@tenantry/composition";
import {
  amendPrices,
  type BoundViolation,
  diffPrices,
  importViolations,
  type Instant,
  type ModelRef,
  type NewPriceEdition,
  numberEdition,
  parseInstant,
  parseModelRef,
  type PriceChange,
  resolvePolicy,
  TenantryError,
} from "@tenantry/core";
import type { Context } from "../context.ts";
import { exitBreached } from "../exit-code.ts";
import { readInput } from "../read-input.ts";
import { importReport } from "../prices/import-report.ts";

export interface ImportPricesOptions {
  readonly as: PriceFormat;
  readonly apply?: boolean;
  readonly accept?: readonly string[];
  readonly from?: string;
  readonly provider?: readonly string[];
  readonly ignore?: readonly string[];
  readonly replace?: boolean;
}

/** What an import would do, and whether it was done. */
export interface PlannedImport {
  readonly source: string;
  readonly before: string;
  readonly read: PriceImport;
  readonly changes: readonly PriceChange[];
  readonly violations: readonly (BoundViolation & { readonly accepted: boolean })[];
  /** The version it was recorded under; null when it was not. */
  readonly version: number | null;
  readonly pinned: boolean;
}

/** `tenantry prices import`: a comparison unless `--apply`. Exit code 4 with violations nobody accepted. */
export async function importPrices(context: Context, file: string, options: ImportPricesOptions): Promise<number> {
  const { readPriceImport } = await import("@tenantry/composition");
  const now = Date.now();
  const from = readFrom(options) ?? (options.as === "litellm" ? now : null);
  const providers = readProviders(options.provider ?? ["openai", "anthropic"]);
  const text = await readInput(context, "<file>", file);
  const read = readPriceImport(options.as, text, { providers, from, ignore: options.ignore ?? [] });
  if (read.prices.length === 0) {
    throw TenantryError.invalidRequest("<file>", "has no price that can be taken; see --provider and --ignore");
  }
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 12);
  const source = `${options.as} ${file === "-" ? "(standard input)" : basename(file)} sha256:${digest}`;
  const work = async (books: Books): Promise<PlannedImport> => await plan(books, read, { ...options, source, now });
  const planned = await context.withBooks(work, { allowUnpriced: true });
  context.print(importReport(planned, options.apply === true));
  return planned.violations.some(({ accepted }) => !accepted) ? exitBreached : 0;
}

interface PlanOptions extends ImportPricesOptions {
  readonly source: string;
  readonly now: Instant;
}

async function plan(books: Books, read: PriceImport, options: PlanOptions): Promise<PlannedImport> {
  const { storage, config } = books;
  const { source, now } = options;
  const live = await storage.prices.live(-1);
  if (live === null) throw new TenantryError("internal", "the store does not say which prices are in force");
  const latest = (await storage.prices.list())[0]?.version ?? 0;
  // Made of the latest also while another is pinned: once unpinned, what was imported between must not be gone.
  const base = live.pinned === null ? live.edition : await storage.prices.find(latest);
  const imported = read.prices.map(({ path, price }) => ({ path, price: { ...price, source } }));
  const fresh = imported.map(({ price }) => price);
  const kept = options.replace === true ? [] : (base?.prices ?? []);
  const edition: NewPriceEdition = { recordedAt: now, source, prices: amendPrices(kept, fresh) };
  const before = config.prices.bookWith(base);
  const after = config.prices.bookWith(numberEdition(edition, latest + 1));
  const changes = diffPrices(before, after);
  const accepted = new Set(options.accept);
  const used = await usedModels(books, now);
  const violations = importViolations({ imported, before, after, changes, used, at: now }).map((violation) => ({
    ...violation,
    accepted: accepted.has(violation.model),
  }));
  const isTaken = options.apply === true && changes.length > 0 && violations.every((violation) => violation.accepted);
  const version = isTaken ? (await storage.prices.add(edition, live.revision)).version : null;
  return { source, before: before.version, read, changes, violations, version, pinned: live.pinned !== null };
}

const usedForMs = 30 * 86_400_000;

/** What tiers and tenants offer, and what was called in the last 30 days. */
async function usedModels({ config, tenants, reader }: Books, now: Instant): Promise<readonly ModelRef[]> {
  const { tiers } = config.catalogue;
  const offered = [...tiers.values()].flatMap(({ route }) => route);
  const overridden = (await tenants.list()).flatMap((tenant) => {
    const tier = tiers.get(tenant.tier);
    return tier === undefined ? [] : resolvePolicy(tier, tenant).route;
  });
  const period = { from: now - usedForMs, to: now };
  const called = await reader.usage({ kind: "installation" }, { period, groupBy: ["model"], timeZone: "UTC" });
  const refs = called.flatMap(({ model }) => (typeof model === "string" ? [parseModelRef(model)] : []));
  const all = [...offered, ...overridden, ...refs.filter((ref) => ref !== null)];
  return [...new Map(all.map((ref) => [`${ref.provider}/${ref.model}`, ref])).values()];
}

function readFrom({ from }: ImportPricesOptions): Instant | null {
  if (from === undefined) return null;
  const parsed = parseInstant(from);
  if (!parsed.ok) throw TenantryError.invalidRequest("--from", `is "${from}"; ${parsed.problem}`);
  return parsed.instant;
}

function readProviders(given: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    given.map((text) => {
      const [theirs = "", ours = theirs, ...more] = text.split("=");
      if (theirs === "" || ours === "" || ours.includes("/") || more.length > 0) {
        throw TenantryError.invalidRequest("--provider", `is "${text}"; write name or name=ours`);
      }
      return [theirs, ours];
    }),
  );
}
