/** For fields that name what lies in the provider's account, which all tenants share (R4). */
export const accountObject = "names an object in the provider's account, which belongs to no tenant";

/**
 * Tells a member in which a caller may write what they like: a schema, what a tool was called with. `within` is the
 * object it stands in, null for a field of the body itself.
 */
export type OwnMember = (name: string, within: Readonly<Record<string, unknown>> | null) => boolean;

/** Members that name objects of an account, wherever in a body they are. */
const names = [
  "file_id",
  "file_ids",
  "container_id",
  "vector_store_id",
  "vector_store_ids",
  "skill_id",
  "connector_id",
] as const;

const namesWithin: ReadonlySet<string> = new Set(names);

/** Fields of the body itself that do: a chat of now obeys none of them, a compatible server or one of tomorrow may. */
const fields: ReadonlySet<string> = new Set([
  ...names,
  "agent_id",
  "assistant_id",
  "conversation_id",
  "memory_store_ids",
  "previous_response_id",
  "prompt_id",
  "response_id",
  "thread_id",
  "tool_resources",
  "vault_ids",
]);

/**
 * Whether it is worth parsing. Inside a JSON string quotes are escaped, so text cannot be taken for a key; a letter
 * written as an escape could hide one. In any case, for some servers do not mind it.
 */
const perhapsNamed = new RegExp(String.raw`"(?:${names.join("|")})"\s*:|\\u(?:00[2-7]|017f|212a)`, "iu");

/** Whether a field nobody knows names an object of the account. */
export function namesAccountObject(field: string, raw: string): boolean {
  return fields.has(inLowerCase(field)) && !/^\[\s*\]$/.test(raw);
}

/** Where a field's value names an object of the account, as the rest of a path, or null when nowhere. */
export function accountObjectWithin(raw: string, value: () => unknown, isOwn: OwnMember): string | null {
  return perhapsNamed.test(raw) ? search(value(), isOwn) : null;
}

function search(value: unknown, isOwn: OwnMember): string | null {
  if (typeof value !== "object" || value === null) return null;
  if (Array.isArray(value)) {
    for (const [index, part] of value.entries()) {
      const found = search(part, isOwn);
      if (found !== null) return `[${index}]${found}`;
    }
    return null;
  }
  const object = value as Readonly<Record<string, unknown>>;
  for (const [name, part] of Object.entries(object)) {
    if (isOwn(name, object)) continue;
    const found = namesWithin.has(inLowerCase(name)) && !isNothing(part) ? "" : search(part, isOwn);
    if (found !== null) return `.${name}${found}`;
  }
  return null;
}

function isNothing(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

/** Up and down again: there are letters that only then turn out to be others in disguise. */
export function inLowerCase(name: string): string {
  return name.toUpperCase().toLowerCase();
}
