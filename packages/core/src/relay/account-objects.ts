/** For fields that name what lies in the provider's account, which all tenants share (R4). */
export const accountObject = "names an object in the provider's account, which belongs to no tenant";

/** For addresses that are none of the web's: `scheme://file_…` is a file of the account. */
export const foreignUrl = "must be an http, https or data address: others name objects in the provider's account";

/** Whether an address of a picture or a file names what lies with the provider and not on the web or in itself. */
export function isForeignUrl(url: string): boolean {
  return !/^\s*(?:https?|data):/i.test(url);
}

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
  "tunnel_id",
  "previous_message_id",
  "comparison_response_id",
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
  "user_profile_id",
  "vault_ids",
  "workspace_id",
]);

/** Members that hold the address of a picture or a file, or an object with its `url`. */
const addresses: ReadonlySet<string> = new Set(["image_url", "file_url", "video_url", "audio_url", "source"]);

/**
 * Whether it is worth parsing. Inside a JSON string quotes are escaped, so text cannot be taken for a key; a letter
 * written as an escape could hide one. In any case, for some servers do not mind it.
 */
const perhapsNamed = new RegExp(
  String.raw`"(?:${[...names, ...addresses].join("|")})"\s*:|\\u(?:00[2-7]|017f|212a)`,
  "iu",
);

/** Whether a field nobody knows names an object of the account. */
export function namesAccountObject(field: string, raw: string): boolean {
  return fields.has(inLowerCase(field)) && !/^\[\s*\]$/.test(raw);
}

/** What names an object of the account. */
export interface Named {
  /** The rest of a path. */
  readonly at: string;
  readonly reason: string;
}

/** Where a field's value names an object of the account, or null when nowhere. */
export function accountObjectWithin(name: string, raw: string, value: () => unknown, isOwn: OwnMember): Named | null {
  if (!perhapsNamed.test(raw) && !addresses.has(inLowerCase(name))) return null;
  return addressed(name, value()) ?? search(value(), isOwn);
}

function search(value: unknown, isOwn: OwnMember): Named | null {
  if (typeof value !== "object" || value === null) return null;
  if (Array.isArray(value)) {
    for (const [index, part] of value.entries()) {
      const found = search(part, isOwn);
      if (found !== null) return { ...found, at: `[${index}]${found.at}` };
    }
    return null;
  }
  const object = value as Readonly<Record<string, unknown>>;
  for (const [name, part] of Object.entries(object)) {
    if (isOwn(name, object)) continue;
    const isName = namesWithin.has(inLowerCase(name)) && !isNothing(part);
    const found = isName ? { at: "", reason: accountObject } : (addressed(name, part) ?? search(part, isOwn));
    if (found !== null) return { ...found, at: `.${name}${found.at}` };
  }
  return null;
}

function addressed(name: string, part: unknown): Named | null {
  if (!addresses.has(inLowerCase(name))) return null;
  if (typeof part === "string") {
    // `source` is also the name of a text's origin.
    return inLowerCase(name) !== "source" && part !== "" && isForeignUrl(part) ? { at: "", reason: foreignUrl } : null;
  }
  if (typeof part !== "object" || part === null) return null;
  const { url } = part as Readonly<Record<string, unknown>>;
  return typeof url === "string" && isForeignUrl(url) ? { at: ".url", reason: foreignUrl } : null;
}

function isNothing(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

/** Up and down again: there are letters that only then turn out to be others in disguise. */
export function inLowerCase(name: string): string {
  return name.toUpperCase().toLowerCase();
}
