import { TenantryError } from "@tenantry/core";

/** Where a page ended: an instant, and the id that tells those of one instant apart. */
export type Position = readonly [at: number, id: string];

/** The cursor that goes on behind a position. */
export function cursorOf(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

/** Throws `invalid_request` for a text that is no cursor of ours. */
export function positionOf(cursor: string): Position {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(value) && Number.isSafeInteger(value[0]) && typeof value[1] === "string") {
      return [value[0] as number, value[1]];
    }
  } catch {
    // Refused below like every other text that is no cursor of ours.
  }
  throw TenantryError.invalidRequest("cursor", "must be the nextCursor of the page before");
}

/** Where an item is in an order by an instant and then by texts. */
export type Place = readonly [at: number, ...ids: string[]];

/** The cursor that goes on behind a place. */
export function textOfPlace(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** Throws `invalid_request` for a text that is no cursor of ours with so many ids. */
export function placeOf(cursor: string, ids: number): Place {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(value) && value.length === ids + 1 && Number.isSafeInteger(value[0])) {
      if (value.slice(1).every((id) => typeof id === "string")) return value as unknown as Place;
    }
  } catch {
    // Refused below like every other text that is no cursor of ours.
  }
  throw TenantryError.invalidRequest("cursor", "must be the cursor of an item of the page before");
}
