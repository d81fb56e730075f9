import { TenantryError } from "../errors/tenantry-error.ts";
import type { TokenClass } from "../pricing/usage.ts";
import {
  accountObject,
  accountObjectWithin,
  foreignUrl,
  inLowerCase,
  isForeignUrl,
  namesAccountObject,
  type OwnMember,
} from "./account-objects.ts";
import { type JsonMembers, readJsonMembers } from "./json-members.ts";
import { hiddenPromptTokens, onceTokens, perMessageTokens } from "../calls/request-size.ts";

/** What a field of a request can do to the bill beyond the tokens of its own text. Filled in by the rules of the fields. */
export interface BodyNotes {
  /** Why the cost cannot be bounded; the first reason stays. */
  unbounded(reason: string): void;
  /** Tokens the provider adds that are not in the text. */
  adds(tokens: number): void;
  /** Bytes of the body that are no text: a picture in base64. */
  notText(bytes: number): void;
  /** A further class the input can be billed under. */
  inputClass(name: TokenClass): void;
}

/** One top-level field that is not null. */
export interface BodyField {
  readonly name: string;
  /** Its JSON text. */
  readonly raw: string;
  /** Elements or members of its value. */
  readonly items: number;
  /** Its value, parsed when first asked for. */
  value(): unknown;
}

/** Judges a field. Throws `invalid_request` where the field may not be sent. */
export type FieldRule = (field: BodyField, notes: BodyNotes) => void;

/** Nothing but the tokens of its text. */
export const plainField: FieldRule = () => undefined;

/** The cost has no bound, unless the field's value is one of these. */
export function unboundedField(reason: string, ...harmless: readonly unknown[]): FieldRule {
  return (field, notes) => {
    if (!isOneOf(field, harmless)) notes.unbounded(reason);
  };
}

/** May not be sent, unless the field's value is one of these. */
export function refusedField(reason: string, ...harmless: readonly unknown[]): FieldRule {
  return (field) => {
    if (!isOneOf(field, harmless)) throw TenantryError.invalidRequest(field.name, reason);
  };
}

function isOneOf(field: BodyField, values: readonly unknown[]): boolean {
  if (values.length === 0) return false;
  const value = JSON.stringify(field.value());
  return values.some((harmless) => JSON.stringify(harmless) === value);
}

export { accountObject, foreignUrl, isForeignUrl };

/** Why images, wherever they are, have no bound. */
export const imagesReason = "images are billed by their dimensions, which are not known before the call";

/** Messages: templates add tokens to each. */
export const messagesField: FieldRule = ({ items }, notes) => notes.adds(items * perMessageTokens);

/** Tools: a hidden instruction comes before them. */
export const toolsField: FieldRule = ({ items }, notes) =>
  notes.adds(items === 0 ? 0 : items * perMessageTokens + hiddenPromptTokens);

/** A schema for the answer: a hidden instruction comes before it. */
export const schemaField: FieldRule = (_field, notes) => notes.adds(hiddenPromptTokens);

/** All of these rules, one after the other. */
export function everyRule(...rules: readonly FieldRule[]): FieldRule {
  return (field, notes) => {
    for (const rule of rules) rule(field, notes);
  };
}

/** A request's body, judged field by field. */
export interface RelayBody {
  readonly json: JsonMembers;
  readonly unbounded: string | null;
  /** Tokens of templates and hidden instructions, at most. */
  readonly addedTokens: number;
  /** Bytes that are no text. */
  readonly otherBytes: number;
  readonly inputClasses: readonly TokenClass[];
  /** The JSON text of a field, or null when it is absent or null. */
  raw(name: string): string | null;
}

/**
 * Reads a body by the rules of its fields. A field without a rule goes through, but what it costs cannot be bounded. A
 * field that differs from a known one only in upper and lower case is refused: some servers would obey it. So is one
 * that names an object of the provider's account, at any depth but in members that are the caller's own (R4).
 *
 * @throws TenantryError `invalid_request` that names the field.
 */
export function readRelayBody(
  text: string,
  rules: ReadonlyMap<string, FieldRule>,
  inputClasses: readonly TokenClass[],
  isOwn: OwnMember = () => false,
): RelayBody {
  const json = readJsonMembers(text);
  const classes = new Set(inputClasses);
  let unbounded: string | null = null;
  let addedTokens = onceTokens;
  let otherBytes = 0;
  const notes: BodyNotes = {
    unbounded(reason) {
      unbounded ??= reason;
    },
    adds(tokens) {
      addedTokens += tokens;
    },
    notText(bytes) {
      otherBytes += bytes;
    },
    inputClass: (name) => void classes.add(name),
  };
  const raw = (name: string): string | null => {
    const member = json.members.get(name);
    if (member === undefined) return null;
    const value = text.slice(member.from, member.to);
    return value === "null" ? null : value;
  };
  for (const { name, items } of json.members.values()) {
    const value = raw(name);
    const rule = rules.get(name);
    if (rule === undefined) refuseMisspelt(name, rules);
    if (value === null) continue;
    const field = { name, raw: value, items, value: parsedOnce(value) };
    refuseAccountObjects(field, rule !== undefined, isOwn);
    if (rule === undefined) notes.unbounded(`the field ${name} may change what the provider bills`);
    else rule(field, notes);
  }
  return { json, unbounded, addedTokens, otherBytes, inputClasses: [...classes], raw };
}

function parsedOnce(raw: string): () => unknown {
  let parsed: { readonly value: unknown } | null = null;
  return () => (parsed ??= { value: JSON.parse(raw) as unknown }).value;
}

function refuseAccountObjects({ name, raw, value }: BodyField, isKnown: boolean, isOwn: OwnMember): void {
  if (!isKnown && namesAccountObject(name, raw)) throw TenantryError.invalidRequest(name, accountObject);
  if (isOwn(name, null)) return;
  const found = accountObjectWithin(name, raw, value, isOwn);
  if (found !== null) throw TenantryError.invalidRequest(`${name}${found.at}`, found.reason);
}

function refuseMisspelt(name: string, rules: ReadonlyMap<string, FieldRule>): void {
  const lower = inLowerCase(name);
  if (lower !== name && rules.has(lower)) throw TenantryError.invalidRequest(name, `is written ${lower}`);
}

/** A field that must be text. */
export function textField(body: RelayBody, name: string): string | null {
  const value = parsed(body, name);
  if (value === null || typeof value === "string") return value;
  throw TenantryError.invalidRequest(name, "must be a text");
}

export function flagField(body: RelayBody, name: string): boolean | null {
  const value = parsed(body, name);
  if (value === null || typeof value === "boolean") return value;
  throw TenantryError.invalidRequest(name, "must be true or false");
}

export function numberField(body: RelayBody, name: string): number | null {
  const value = parsed(body, name);
  if (value === null || typeof value === "number") return value;
  throw TenantryError.invalidRequest(name, "must be a number");
}

/** Counts are multiplied by each other and by prices: beyond this they would mean nothing. */
const largestCount = 2 ** 31 - 1;

/** A field that must be a whole number from 1 to 2,147,483,647, however it is spelt. */
export function countField(body: RelayBody, name: string): number | null {
  const value = numberField(body, name);
  if (value === null || (Number.isInteger(value) && value >= 1 && value <= largestCount)) return value;
  throw TenantryError.invalidRequest(name, `must be a whole number from 1 to ${largestCount}`);
}

function parsed(body: RelayBody, name: string): unknown {
  const raw = body.raw(name);
  return raw === null ? null : (JSON.parse(raw) as unknown);
}

/** The output limit as it has to be sent: JSON text when the body's has to change, else null. */
export function limitChange(body: RelayBody, name: string, limit: number): string | null {
  const asked = countField(body, name);
  return asked === null || asked > limit ? String(limit) : null;
}

/** Calls `look` for every object within a JSON value, outermost first, until it answers false: no further inside. */
export function eachObject(
  value: unknown,
  path: string,
  look: (object: Readonly<Record<string, unknown>>, path: string) => boolean,
): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const [index, part] of value.entries()) eachObject(part, `${path}[${index}]`, look);
  } else if (look(value as Readonly<Record<string, unknown>>, path)) {
    for (const [name, part] of Object.entries(value)) eachObject(part, `${path}.${name}`, look);
  }
}

/**
 * Every text and number within a JSON value, one a line, without keys. `instead` decides about a member: undefined to
 * go on, or the text to take in its place.
 */
export function textsWithin(
  value: unknown,
  instead: (name: string, value: unknown, within: Readonly<Record<string, unknown>>) => string | undefined,
): string {
  const texts: string[] = [];
  const collect = (inner: unknown): void => {
    if (typeof inner === "string") texts.push(inner);
    else if (typeof inner === "number") texts.push(String(inner));
    else if (Array.isArray(inner)) for (const part of inner) collect(part);
    else if (typeof inner === "object" && inner !== null) {
      const object = inner as Readonly<Record<string, unknown>>;
      for (const [name, part] of Object.entries(object)) {
        const text = instead(name, part, object);
        if (text === undefined) collect(part);
        else texts.push(text);
      }
    }
  };
  collect(value);
  return texts.join("\n");
}
