import assert from "node:assert/strict";
import { type ErrorCode, TenantryError } from "@tenantry/core";

/** Passes when `work` rejects with a TenantryError of this code, and gives that error back. */
export async function rejectsWith(code: ErrorCode, work: () => Promise<unknown>): Promise<TenantryError> {
  try {
    await work();
  } catch (error) {
    assert.ok(TenantryError.is(error), `rejected with something that is no TenantryError: ${String(error)}`);
    assert.equal(error.code, code, error.message);
    return error;
  }
  assert.fail(`expected a rejection with ${code}`);
}
