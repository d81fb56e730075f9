import { splitSentences } from "./split-sentences.ts";

/** One sentence of the meeting. */
export interface Statement {
  readonly index: number;
  /** Who said it; `null` in prose that names no speaker. */
  readonly speaker: string | null;
  readonly text: string;
  /** Sentences said in one go share a turn. */
  readonly turn: number;
  readonly question: boolean;
}

export interface Attendee {
  readonly name: string;
  readonly role: string | null;
}

export interface Transcript {
  readonly title: string | null;
  readonly topic: string | null;
  readonly duration: string | null;
  readonly date: string | null;
  readonly attendees: readonly Attendee[];
  /** In the order of their first word. */
  readonly speakers: readonly string[];
  readonly statements: readonly Statement[];
}

/** Of longer transcripts only so much is read, so that any answer comes in bounded time. */
const maxTranscriptChars = 300_000;
const maxStatements = 4000;
const maxTitleWords = 14;

type MetaKey = "topic" | "attendees" | "duration" | "date" | "place";

const metaKeys: readonly (readonly [RegExp, MetaKey])[] = [
  [
    /^(topic|subject|agenda|title|meeting|thema|betreff|sujet|objet|tema|asunto|тема|повестка|议题|主题|議題|件名)$/iu,
    "topic",
  ],
  [
    /^(attendees|participants|present|teilnehmer(:innen)?|asistentes|participantes|участники|присутствующие|参会人员?|与会者|出席者|参加者)$/iu,
    "attendees",
  ],
  [/^(duration|length|dauer|durée|duración|длительность|时长|所要時間)$/iu, "duration"],
  [/^(date|time|when|datum|fecha|дата|日期|日時|日付)$/iu, "date"],
  [/^(location|place|where|ort|lieu|lugar|место|地点|場所)$/iu, "place"],
];

const stamp = /^[[(]?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?(?:\s*[ap]m)?[\])]?\s*[-–—]?\s*/i;
const label = /^([^:：]{1,60})[:：](?!\/\/)\s*(.*)$/u;
const connector = /^(of|the|and|for|de|da|di|do|del|la|le|van|von|der|den|bin|ibn|al|el|y|et|und|&)$/i;
/** Labels that mark a line's content, not its speaker. */
const remark = /^(note|notes|nb|ps|fyi|actions?|action items?|todo|to-do|decisions?|decided|next steps?)$/i;

function isName(text: string): boolean {
  const words = text.split(/\s+/);
  if (words.length > 5 || !/\p{L}/u.test(text) || /[!?;,"“”=<>{}]|\.\s*$/u.test(text)) return false;
  if (remark.test(text)) return false;
  if (words.length === 1) return true;
  return words.every((word) => connector.test(word) || !/^\p{Ll}/u.test(word.replace(/^[([]/, "")));
}

function splitRole(text: string): Attendee {
  const match = /^(.*?)\s*[([（]([^)\]）]*)[)\]）]$/u.exec(text.trim());
  const name = match?.[1]?.trim();
  if (!match || !name) return { name: text.trim(), role: null };
  const role = match[2]?.trim() ?? "";
  return { name, role: role === "" || /^[\d:.\s]+$/.test(role) ? null : role };
}

function readLabel(line: string): { speaker: Attendee; text: string } | null {
  const bare = line.replace(stamp, "").replace(/^(\*\*|__)(.+?[:：]?)\1/, "$2");
  const match = label.exec(bare);
  if (!match) return null;
  const speaker = splitRole((match[1] ?? "").replaceAll(/[*_]/g, ""));
  if (!isName(speaker.name)) return null;
  return { speaker, text: (match[2] ?? "").replace(/^(\*\*|__)\s*/, "") };
}

interface Reading {
  readonly meta: Partial<Record<MetaKey, string>>;
  readonly loose: string[];
  readonly turns: { speaker: string | null; text: string }[];
  readonly roles: Map<string, string | null>;
}

function readMeta(line: string, into: Reading): boolean {
  const match = label.exec(line);
  const key = metaKeys.find(([pattern]) => pattern.test(match?.[1]?.trim() ?? ""))?.[1];
  if (!key || !match) return false;
  into.meta[key] = (match[2] ?? "").trim();
  return true;
}

function readLine(line: string, into: Reading): void {
  const named = [...into.roles.keys()].length > 0;
  if (!named && readMeta(line, into)) return;
  const labelled = readLabel(line);
  if (labelled) {
    const { name, role } = labelled.speaker;
    if (!into.roles.get(name)) into.roles.set(name, role);
    into.turns.push({ speaker: name, text: labelled.text });
    return;
  }
  const last = into.turns.at(-1);
  if (!named) into.loose.push(line);
  else if (last) last.text += `\n${line}`;
}

function splitAttendees(list: string): Attendee[] {
  const items = list.replaceAll(/[([（][^)\]）]*[)\]）]/gu, (inner) => inner.replaceAll(/[,;，、]/g, "\u0000"));
  return items
    .split(/[,;，、；]|\s+and\s+/u)
    .map((item) => splitRole(item.replaceAll("\u0000", ",")))
    .filter((item) => item.name !== "");
}

function toStatements(turns: readonly { speaker: string | null; text: string }[]): Statement[] {
  const statements: Statement[] = [];
  turns.forEach(({ speaker, text }, turn) => {
    for (const sentence of splitSentences(text)) {
      if (statements.length >= maxStatements) return;
      const question = /[?？؟]["”»)]*$/u.test(sentence);
      statements.push({ index: statements.length, speaker, text: sentence, turn, question });
    }
  });
  return statements;
}

/**
 * Reads `Name: text` lines (with or without time stamps and roles), head lines such as `Attendees: …`, and
 * plain prose. What precedes the first speaker is the title and prose nobody is named for.
 */
export function readTranscript(text: string): Transcript {
  const reading: Reading = { meta: {}, loose: [], turns: [], roles: new Map() };
  for (const line of text.slice(0, maxTranscriptChars).split(/\r?\n/)) {
    if (line.trim() !== "") readLine(line.trim(), reading);
  }
  const [first] = reading.loose;
  const spoken = reading.turns.length > 0;
  const isTitle =
    first !== undefined &&
    first.split(/\s+/).length <= maxTitleWords &&
    (spoken || (reading.loose.length > 1 && !/[.!?。]$/u.test(first)));
  const prose = (isTitle ? reading.loose.slice(1) : reading.loose).map((line) => ({
    speaker: null,
    text: line,
  }));
  const { meta } = reading;
  const clean = (value: string | undefined): string | null =>
    value
      ?.replaceAll(/\s+/g, " ")
      .replace(/^[\s#>*•–-]+/, "")
      .replace(/[.。\s*]+$/u, "") || null;
  const listed = meta.attendees ? splitAttendees(meta.attendees) : [];
  return {
    title: isTitle ? clean(first) : null,
    topic: clean(meta.topic),
    duration: clean(meta.duration),
    date: clean(meta.date),
    attendees: listed.map((item) => ({ ...item, role: item.role ?? reading.roles.get(item.name) ?? null })),
    speakers: [...reading.roles.keys()],
    statements: toStatements([...prose, ...reading.turns]),
  };
}
