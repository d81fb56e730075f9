import {
  issuedKeyView,
  type IssuedKey,
  type Key,
  keyView,
  maxGraceMs,
  parseDurationMs,
  TenantryError,
} from "@tenantry/core";
import type { Context } from "../context.ts";
import { inOptions } from "../in-options.ts";
import { findTenant } from "../known-tenant.ts";
import type { Report } from "../output/report.ts";

export interface CreateKeyOptions {
  readonly tenant?: string;
  readonly scope?: Key["scope"];
  readonly name?: string;
}

export interface ListKeysOptions {
  readonly tenant?: string;
}

export interface RotateKeyOptions {
  readonly grace?: string;
}

/** `tenantry keys create`: the only time the secret is shown. */
export async function createKey(context: Context, options: CreateKeyOptions): Promise<number> {
  const { tenant, scope = "tenant", name } = options;
  if (scope === "tenant" && tenant === undefined) {
    throw TenantryError.invalidRequest("--tenant", "must be given, or --scope admin or --scope ingest");
  }
  if (scope !== "tenant" && tenant !== undefined) {
    throw TenantryError.invalidRequest("--tenant", `cannot go with --scope ${scope}, which is for all tenants`);
  }
  const issued = await context.withBooks(async (books) => {
    if (tenant !== undefined) await findTenant(books, tenant);
    const request = { scope, tenantId: tenant ?? null, ...(name === undefined ? {} : { name }) };
    return await books.keys.create(request).catch(inOptions({ name: "--name", tenantId: "--tenant" }));
  });
  context.print(issuedReport("Key made", issued, []));
  return 0;
}

/** `tenantry keys list`: ended ones too, never a secret. */
export async function listKeys(context: Context, { tenant }: ListKeysOptions): Promise<number> {
  const keys = await context.withBooks(async (books) => {
    if (tenant !== undefined) await findTenant(books, tenant);
    return await books.keys.list(tenant);
  });
  const now = Date.now();
  const rows = keys.map((key) => ({ ...keyView(key) }));
  context.print({
    title: tenant === undefined ? "Keys" : `Keys of tenant ${tenant}`,
    columns: [
      { key: "id", title: "key", overflow: "keep" },
      { key: "scope", title: "scope", importance: 2 },
      { key: "tenantId", title: "tenant", hideEmpty: true },
      { key: "name", title: "name", importance: 3 },
      { key: "hint", title: "begins", overflow: "keep", importance: 4 },
      { key: "created", title: "created (UTC)", importance: 1 },
      { key: "state", title: "state", overflow: "keep" },
    ],
    rows: keys.map((key) => {
      const { id, scope, tenantId, name, hint, createdAt } = keyView(key);
      return { id, scope, tenantId, name, hint, created: minute(createdAt), state: stateOf(key, now) };
    }),
    empty:
      tenant === undefined ? "none was made; `tenantry keys create --tenant <id>` makes one" : "this tenant has none",
    json: { rows },
    csv: { columns: ["id", "scope", "tenantId", "name", "hint", "createdAt", "revokedAt"], rows },
  });
  return 0;
}

/** `tenantry keys rotate <key>`: a new key like it; the old one works on for `--grace`. */
export async function rotateKey(context: Context, keyId: string, { grace }: RotateKeyOptions): Promise<number> {
  const graceMs = grace === undefined ? 0 : readGrace(grace);
  const issued = await context.withBooks(async ({ keys }) => await keys.rotate(keyId, { graceMs }));
  const until = grace === undefined ? "works no more" : `works for another ${grace}`;
  context.print(issuedReport("Key replaced", issued, [`${keyId} ${until}`]));
  return 0;
}

/** `tenantry keys revoke <key>`. */
export async function revokeKey(context: Context, keyId: string): Promise<number> {
  const key = await context.withBooks(async ({ keys }) => await keys.revoke(keyId));
  context.print({
    title: `Key ${key.id} works no more`,
    facts: [
      ["scope", scopeOf(key)],
      ["name", key.name || "-"],
    ],
    columns: [],
    rows: [],
    notes: ["a running server stops taking it within a second"],
    json: keyView(key),
    csv: { columns: Object.keys(keyView(key)), rows: [{ ...keyView(key) }] },
  });
  return 0;
}

function issuedReport(title: string, issued: IssuedKey, notes: readonly string[]): Report {
  const view = issuedKeyView(issued);
  return {
    title,
    facts: [
      ["key", view.key],
      ["id", view.id],
      ["scope", scopeOf(issued.key)],
      ["name", view.name || "-"],
    ],
    columns: [],
    rows: [],
    notes: ["the key is shown this once and kept nowhere", ...notes],
    json: view,
    csv: { columns: Object.keys(view), rows: [{ ...view }] },
  };
}

function scopeOf({ scope, tenantId }: Key): string {
  return tenantId === null ? scope : `tenant ${tenantId}`;
}

function stateOf({ revokedAt }: Key, now: number): string {
  if (revokedAt === null) return "works";
  return revokedAt <= now ? "ended" : `ends ${minute(new Date(revokedAt).toISOString())}`;
}

function minute(instant: string): string {
  return instant.slice(0, 16).replace("T", " ");
}

function readGrace(text: string): number {
  const parsed = parseDurationMs(text);
  if (!parsed.ok) throw TenantryError.invalidRequest("--grace", `is "${text}"; ${parsed.problem}`);
  if (parsed.ms > maxGraceMs) throw TenantryError.invalidRequest("--grace", `is "${text}"; give at most 30d`);
  return parsed.ms;
}
