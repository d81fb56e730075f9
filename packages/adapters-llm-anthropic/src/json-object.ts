/** A JSON object as it came over the wire: nothing is known of its fields. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Tells a JSON object from every other JSON value. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The field's text, or "" when it is absent or no text. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
