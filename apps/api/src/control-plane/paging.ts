import { TenantryError } from "@tenantry/core";

export interface Page<Item> {
  readonly rows: readonly Item[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

export interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/**
 * A page of items in the order of their keys. A cursor names the last key seen and not a number of items, so that what
 * comes and goes in between neither repeats nor hides one.
 *
 * @param kind tells lists apart: a cursor of one is refused by the others.
 * @throws TenantryError `invalid_request` for a cursor that is none of this list's.
 */
export function pageOf<Item>(
  kind: string,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  { cursor, limit }: PageRequest,
): Page<Item> {
  const after = cursor === undefined ? null : keyIn(kind, cursor);
  const keyed = items
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const rest = after === null ? keyed : keyed.filter(({ key }) => key > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return {
    rows: page.map(({ item }) => item),
    nextCursor: rest.length > limit && last !== undefined ? cursorOf(kind, last.key) : null,
  };
}

function cursorOf(kind: string, key: string): string {
  return Buffer.from(JSON.stringify([kind, key])).toString("base64url");
}

function keyIn(kind: string, cursor: string): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(value) && value.length === 2 && value[0] === kind && typeof value[1] === "string")
      return value[1];
  } catch {
    // Refused below like every other text that is no cursor of ours.
  }
  throw TenantryError.invalidRequest("cursor", "must be the nextCursor of the page before");
}
