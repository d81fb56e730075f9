import type { Statement } from "./read-transcript.ts";

const roleWords =
  /^(head|director|manager|lead|chief|chair(man|woman|person)?|president|vp|vice|partner|associate|engineer|designer|moderator|host|facilitator|treasurer|secretary|team|product|legal|sales|marketing|finance|support|counsel|client|customer|speaker)\b/i;

/** A speaker as a sentence names them: roles and abbreviations of roles take an article. */
export function nameIn(speaker: string): string {
  const isRole = /^[A-Z]{2,4}$/.test(speaker) || roleWords.test(speaker);
  return isRole && !/\d/.test(speaker) ? `the ${speaker}` : speaker;
}

export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The words as they were said. */
export function quote(text: string): string {
  return `“${text.replaceAll(/[“”]/g, '"')}”`;
}

/** A quotation with its source. */
export function quoteFrom(statement: Statement): string {
  const said = quote(statement.text);
  return statement.speaker === null ? said : `${said} (${statement.speaker})`;
}

export const firstPerson: RegExp = /(?<![\p{L}\p{N}])(I|me|my|mine|myself|we|us|our|ours)(?![\p{L}\p{N}])/iu;

const openings: readonly (readonly [RegExp, string])[] = [
  [/^I(?:['’]ve| have)\s+/i, "has "],
  [/^I(?:['’]m| am)\s+/i, "is "],
  [/^I(?:['’]ll| will)\s+/i, "will "],
  [
    /^I\s+(?=(?:\p{L}+ed|did|made|sent|got|took|wrote|spoke|met|saw|had|went|found|built|put|ran|read|set|held|began|brought|kept|left|led|lost|paid|said|sold|told|won)\b)/iu,
    "",
  ],
];

const lowerable =
  /^(The|A|An|This|These|Those|That|There|It|All|Some|Both|Most|Many|No|If|When|After|Before|Since|Because|Everyone|Nobody)\b/;

/**
 * What somebody said as a sentence of a report: in the third person where that needs no guess, else as a
 * quotation. Nothing is added to the words.
 */
export function report(statement: Statement): string {
  const { speaker, text } = statement;
  const end = /[.!?。！？…]["”]?$/u.test(text) ? "" : ".";
  if (speaker === null) return text + end;
  const name = nameIn(speaker);
  for (const [pattern, verb] of openings) {
    const rest = text.replace(pattern, "");
    if (rest === text || firstPerson.test(rest) || statement.question) continue;
    return `${capitalise(name)} ${verb}${rest}${end}`;
  }
  if (lowerable.test(text) && !firstPerson.test(text) && !statement.question) {
    return `According to ${name}, ${text.charAt(0).toLowerCase()}${text.slice(1)}${end}`;
  }
  return `${capitalise(name)} ${statement.question ? "asked" : "said"}: ${quote(text)}`;
}

/** A list in words: a, b and c. */
export function inWords(items: readonly string[]): string {
  if (items.length < 2) return items[0] ?? "";
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
