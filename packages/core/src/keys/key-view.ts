import { formatInstant } from "../time/instant.ts";
import type { Key, KeyScope } from "./key.ts";
import type { IssuedKey } from "./keys.ts";

/** A key as JSON carries it: no secret and no hash. */
export interface KeyView {
  readonly id: string;
  readonly scope: KeyScope;
  readonly tenantId: string | null;
  readonly name: string;
  readonly hint: string;
  readonly createdAt: string;
  /** From when on it works no more, ahead while a rotated key is in its grace; null without an end. */
  readonly revokedAt: string | null;
}

/** A key that was just made, with its secret: the only time it can be shown. */
export interface IssuedKeyView extends KeyView {
  readonly key: string;
}

export function keyView({ id, scope, tenantId, name, hint, createdAt, revokedAt }: Key): KeyView {
  return {
    id,
    scope,
    tenantId,
    name,
    hint,
    createdAt: formatInstant(createdAt),
    revokedAt: revokedAt === null ? null : formatInstant(revokedAt),
  };
}

export function issuedKeyView({ key, secret }: IssuedKey): IssuedKeyView {
  return { ...keyView(key), key: secret };
}
