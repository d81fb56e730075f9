import { TenantryError } from "../errors/tenantry-error.ts";
import { createKeys } from "./json-keys.ts";

/** One member of a JSON object, as places in its text. */
export interface JsonMember {
  /** The key, with its escapes resolved. */
  readonly name: string;
  /** Of the key's first quote. */
  readonly nameAt: number;
  /** Of the value's first character. */
  readonly from: number;
  /** Behind the value's last character. */
  readonly to: number;
  /** Elements of the value when it is a list, members when it is an object, else 0. */
  readonly items: number;
}

/** The members of one JSON object; everything else of the text is as it was. */
export interface JsonMembers {
  readonly text: string;
  /** In the order of the text. */
  readonly members: ReadonlyMap<string, JsonMember>;
  /** Of the closing brace. */
  readonly closeAt: number;
}

/** Deepest nesting of objects and lists, the outermost included. */
export const deepestJson = 128;

/**
 * Finds the members of the object a text holds, without turning the rest into values: numbers keep their spelling,
 * keys their order, strings their escapes. The whole text is checked against RFC 8259, so what is accepted here is what
 * `JSON.parse` accepts, less duplicate keys, at any depth, and nesting deeper than 128.
 *
 * @param path What the text is, for messages: `body`.
 * @throws TenantryError `invalid_request` that names the member, or `path` where the fault lies in no member.
 */
export function readJsonMembers(text: string, path: string = "body"): JsonMembers {
  const members = new Map<string, JsonMember>();
  const scanner = createScanner(text);
  let inside = path;
  const refuse = (message: string): never => {
    throw TenantryError.invalidRequest(inside, message);
  };
  const run = <Value>(step: () => Value): Value => {
    try {
      return step();
    } catch (fault) {
      if (fault instanceof JsonFault) return refuse(fault.message);
      throw fault;
    }
  };
  return run(() => {
    scanner.skipSpace();
    if (!scanner.takes(openBrace)) refuse("must be a JSON object");
    scanner.skipSpace();
    for (let first = true; !scanner.takes(closeBrace); first = false) {
      inside = path;
      if (!first) scanner.expect(comma);
      scanner.skipSpace();
      const nameAt = scanner.at();
      const name = scanner.key();
      inside = name;
      if (members.has(name)) refuse("is given twice");
      scanner.skipSpace();
      scanner.expect(colon);
      scanner.skipSpace();
      const from = scanner.at();
      const items = scanner.value(1);
      members.set(name, { name, nameAt, from, to: scanner.at(), items });
      scanner.skipSpace();
    }
    inside = path;
    const closeAt = scanner.at() - 1;
    scanner.skipSpace();
    if (scanner.at() < text.length) refuse(`has text after its end, at position ${scanner.at()}`);
    return { text, members, closeAt };
  });
}

/** The text of a member's value, or null when there is no such member. */
export function rawMember({ text, members }: JsonMembers, name: string): string | null {
  const member = members.get(name);
  return member === undefined ? null : text.slice(member.from, member.to);
}

/** A member's new value as JSON text, or null to take the member out. */
export type MemberChanges = ReadonlyMap<string, string | null>;

/** The text with some members changed, taken out, or added at the end; all other characters stay. */
export function changeMembers({ text, members, closeAt }: JsonMembers, changes: MemberChanges): string {
  const all = [...members.values()];
  const lastKept = all.findLastIndex(({ name }) => changes.get(name) !== null);
  let changed = "";
  let copied = 0;
  const replace = (from: number, to: number, by: string): void => {
    changed += text.slice(copied, from) + by;
    copied = to;
  };
  for (const [index, { name, nameAt, from, to }] of all.entries()) {
    if (index > lastKept) break;
    const change = changes.get(name);
    if (typeof change === "string") replace(from, to, change);
    // What goes takes the comma behind it along.
    else if (change === null) replace(nameAt, (all[index + 1] as JsonMember).nameAt, "");
  }
  // At the end there is no comma behind: the one before goes.
  const end = all.at(-1);
  if (end !== undefined && lastKept < all.length - 1) {
    replace(all[lastKept]?.to ?? (all[0] as JsonMember).nameAt, end.to, "");
  }
  const added: string[] = [];
  for (const [name, change] of changes) {
    if (change !== null && !members.has(name)) added.push(`${JSON.stringify(name)}:${change}`);
  }
  replace(closeAt, closeAt, `${lastKept >= 0 && added.length > 0 ? "," : ""}${added.join(",")}`);
  return changed + text.slice(closeAt);
}

class JsonFault extends Error {}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** All but quotes, backslashes and what must be escaped. Prompts are long: a pattern is four times as fast as a loop. */
const plainRun = /[ !#-[\]-\uffff]*/y;
/** Characters that are looked at one by one before a pattern is begun, which costs as much as these. */
const stepped = 32;

/** Longest part of a key that is repeated in a message. */
const longestName = 64;

/** What may stand behind a backslash alone. */
const escapes: ReadonlySet<number> = new Set(Array.from('"\\/bfnrt', (character) => character.charCodeAt(0)));
const unicodeEscape = 0x75;

/** Length of the escape whose backslash is here, or 0 when it is none. */
function escapeLength(text: string, at: number): number {
  const code = text.charCodeAt(at + 1);
  if (code !== unicodeEscape) return escapes.has(code) ? 2 : 0;
  for (let index = at + 2; index < at + 6; index += 1) if (!isHexDigit(text.charCodeAt(index))) return 0;
  return 6;
}

function isHexDigit(code: number): boolean {
  const letter = code | 0x20;
  return (code >= 0x30 && code <= 0x39) || (letter >= 0x61 && letter <= 0x66);
}

/** Where the string whose inside begins here ends, or what may not be in one. Cheap also where escapes are many. */
function endOfString(text: string, start: number): number {
  let at = start;
  for (let plain = 0; ;) {
    const code = text.charCodeAt(at);
    if (code === backslash) {
      const length = escapeLength(text, at);
      if (length === 0) return at;
      at += length;
      plain = 0;
    } else if (code === quote || !(code >= 0x20)) {
      return at;
    } else if (plain < stepped) {
      at += 1;
      plain += 1;
    } else {
      plainRun.lastIndex = at;
      plainRun.test(text);
      at = plainRun.lastIndex;
    }
  }
}

interface Scanner {
  at(): number;
  skipSpace(): void;
  /** Passes over this character if it is next. */
  takes(code: number): boolean;
  expect(code: number): void;
  /** Passes over a string and gives its meaning. */
  key(): string;
  /** Passes over any value, and gives the number of its parts. */
  value(depth: number): number;
}

function createScanner(text: string): Scanner {
  let at = 0;

  function fail(): never {
    throw new JsonFault(
      at >= text.length ? "is not JSON: it ends too early" : `is not JSON: unexpected character at position ${at}`,
    );
  }

  function skipSpace(): void {
    for (;;) {
      const code = text.charCodeAt(at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      at += 1;
    }
  }

  function takes(code: number): boolean {
    if (text.charCodeAt(at) !== code) return false;
    at += 1;
    return true;
  }

  function expect(code: number): void {
    if (!takes(code)) fail();
  }

  /** Passes over what the pattern matches here, or fails. */
  function pass(pattern: RegExp): void {
    pattern.lastIndex = at;
    if (!pattern.test(text)) fail();
    at = pattern.lastIndex;
  }

  function string(): void {
    expect(quote);
    at = endOfString(text, at);
    expect(quote);
  }

  function word(expected: string): void {
    if (!text.startsWith(expected, at)) fail();
    at += expected.length;
  }

  function list(depth: number): number {
    at += 1;
    skipSpace();
    if (takes(closeBracket)) return 0;
    for (let items = 1; ; items += 1) {
      skipSpace();
      value(depth + 1);
      skipSpace();
      if (takes(closeBracket)) return items;
      expect(comma);
    }
  }

  function object(depth: number): number {
    at += 1;
    skipSpace();
    if (takes(closeBrace)) return 0;
    const keys = createKeys();
    for (let items = 1; ; items += 1) {
      skipSpace();
      const from = at;
      string();
      const name = text.slice(from, at);
      if (!keys.add(name)) throw new JsonFault(`gives ${name.slice(0, longestName)} twice, at position ${from}`);
      skipSpace();
      expect(colon);
      skipSpace();
      value(depth + 1);
      skipSpace();
      if (takes(closeBrace)) return items;
      expect(comma);
    }
  }

  function value(depth: number): number {
    const code = text.charCodeAt(at);
    switch (code) {
      case quote:
        string();
        return 0;
      case openBrace:
      case openBracket:
        if (depth >= deepestJson) throw new JsonFault(`is nested deeper than ${deepestJson} levels`);
        return code === openBrace ? object(depth) : list(depth);
      case 0x74:
        word("true");
        return 0;
      case 0x66:
        word("false");
        return 0;
      case 0x6e:
        word("null");
        return 0;
      default:
        pass(numberPattern);
        return 0;
    }
  }

  return {
    at: () => at,
    skipSpace,
    takes,
    expect,
    key() {
      const from = at;
      string();
      return JSON.parse(text.slice(from, at)) as string;
    },
    value,
  };
}
