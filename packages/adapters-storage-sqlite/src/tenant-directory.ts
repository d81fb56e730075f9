import type { Tenant, TenantDirectory } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { fromExactJson, toExactJson } from "./exact-json.ts";
import type { GroupCommit } from "./group-commit.ts";
import { translateError } from "./translate-error.ts";

const MAX_PARSED = 1_000;

/** `TenantDirectory`: read from the last commit, so that a tenant never depends on a transaction that may yet fail. */
export function createTenantDirectory(db: DatabaseSync, reading: DatabaseSync, group: GroupCommit): TenantDirectory {
  const find = reading.prepare("SELECT tenant FROM tenants WHERE id = ?");
  const list = reading.prepare("SELECT id, tenant FROM tenants");
  const put = db.prepare("INSERT OR REPLACE INTO tenants (id, tenant) VALUES (?, ?)");

  const add = db.prepare("INSERT OR IGNORE INTO tenants (id, tenant) VALUES (?, ?)");
  const exchange = db.prepare("UPDATE tenants SET tenant = ? WHERE id = ? AND tenant = ?");

  const parsed = createParsedTenants();

  async function reads<Result>(read: () => Result): Promise<Result> {
    try {
      return read();
    } catch (error) {
      throw translateError(error);
    }
  }

  return {
    find: (tenantId) =>
      reads(() => {
        const row = find.get(tenantId) as { tenant: string } | undefined;
        return row === undefined ? null : parsed(tenantId, row.tenant);
      }),
    list: () =>
      reads(() =>
        (list.all() as { id: string; tenant: string }[])
          .map((row) => fromExactJson<Tenant>(row.tenant))
          // By code units; SQLite orders by code points.
          .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)),
      ),
    put: (tenant) =>
      group.write(() => {
        put.run(tenant.id, toExactJson(tenant));
      }),
    // A tenant that was read is written back as the very same text, so texts tell whether it has changed.
    replace: (expected, next) =>
      group.write(() => {
        const text = toExactJson(next);
        const { changes } =
          expected === null ? add.run(next.id, text) : exchange.run(text, next.id, toExactJson(expected));
        return Number(changes) === 1;
      }),
  };
}

/** Parses a row's text once as long as it stays the same; frozen, because whoever reads the same text shares it. */
function createParsedTenants(): (id: string, text: string) => Tenant {
  const known = new Map<string, { readonly text: string; readonly tenant: Tenant }>();
  return (id, text) => {
    const found = known.get(id);
    if (found?.text === text) return found.tenant;
    const tenant = frozen(fromExactJson<Tenant>(text));
    if (known.size >= MAX_PARSED) known.clear();
    known.set(id, { text, tenant });
    return tenant;
  };
}

function frozen<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  for (const field of Object.values(value)) frozen(field);
  return Object.freeze(value);
}
