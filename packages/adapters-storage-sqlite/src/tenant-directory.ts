import type { Tenant, TenantDirectory } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { fromExactJson, toExactJson } from "./exact-json.ts";
import type { GroupCommit } from "./group-commit.ts";
import { translateError } from "./translate-error.ts";

/** `TenantDirectory`: read from the last commit, so that a tenant never depends on a transaction that may yet fail. */
export function createTenantDirectory(db: DatabaseSync, reading: DatabaseSync, group: GroupCommit): TenantDirectory {
  const find = reading.prepare("SELECT tenant FROM tenants WHERE id = ?");
  const list = reading.prepare("SELECT id, tenant FROM tenants");
  const put = db.prepare("INSERT OR REPLACE INTO tenants (id, tenant) VALUES (?, ?)");

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
        return row === undefined ? null : fromExactJson<Tenant>(row.tenant);
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
  };
}
