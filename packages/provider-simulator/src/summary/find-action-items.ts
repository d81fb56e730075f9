import { firstPerson, quote } from "./attribute.ts";
import { findDue } from "./find-due.ts";
import { opensTalk, planOf } from "./plan-cues.ts";
import type { Statement, Transcript } from "./read-transcript.ts";

/** Something somebody is to do, in the words of the meeting. */
export interface ActionItem {
  readonly task: string;
  readonly owner: string | null;
  readonly due: string | null;
  readonly source: Statement;
  readonly kind: "promise" | "request" | "need" | "plan" | "waiting";
  /** The owner's answer to a request. */
  readonly confirmation: Statement | null;
}

const promise =
  /(?:^|[\s,;–—-])(?:I(?:['’]ll| will)|I(?:['’]m| am) going to|I (?:need|have) to|let me|I can (?=(?:do|take|handle|send|draft|prepare|write|look|follow|check|set|fix|review|schedule|update|share|get|own)\b))\s*(?:also |then |just )?(.+)/i;
const noPromise = /^(be (?!sending|sharing|preparing)|see\b|say\b|admit|assume|guess|not\b|never\b)/i;
const request =
  /\b(?:can|could|would|will) you (?:please |also )?(.+)|^(?:and |so )?please,? (.+)|\bI need you to (.+)/i;
const need =
  /\b(?:we|the team|someone|somebody) (?:still |also |really )?(?:needs? to|have to|has to|must|should|ought to)\s+(?:also )?(.+)|\bwe(?:['’]ll| will| are going to|['’]re going to) (?:also |then |just )?(.+)/i;
/** A need that is a thing, not a verb, is quoted. */
const needsThing = /\bwe (?:also |still |really )?need (?!to\b)/i;
const takesOver = /^(?:to )?(?:take|own|handle|do|drive|lead|pick up) (?:that|it|this)\b/i;
const waiting = /\b(waiting (?:for|on)|awaiting|blocked (?:by|on)|stuck (?:on|with)|held up by|pending)\b/i;
/** An offer that only needs a yes: "Should I include …?" */
const offer = /\b(?:should|shall|can|may|do you want me to) I (.+)|\bdo you want me to (.+)/i;
const yes =
  /^(yes|yeah|yep|sure|will do|on it|done|absolutely|definitely|of course|ok|okay|please( do)?|go ahead|sounds good|do it)\b/i;
/** "I will" in other languages, quoted as it stands. */
const promiseElsewhere =
  /^(?:я (?!(?:думаю|считаю|знаю|понимаю|вижу|хочу|могу|работаю)(?!\p{L}))\p{L}+[ую](?!\p{L})|ich (?:werde|kümmere|schicke|mache|übernehme)\b|je (?:vais|m['’]occupe|prépare)\b|(?:yo )?(?:voy a|me encargo)\b|我(?:会|来|将|负责)|.*(?:しておきます|やります|対応します|送ります))/iu;
const marked = /^(?:action(?: item)?s?|todo|to-do|next steps?)\s*[:：-]\s*(.+)/i;
const noOrder =
  /^(what|how|why|when|where|who|did|do you|does|is|are|was|were|have you|has|you|i|we|it|the|that|this|thanks|thank|good|great|nice|yes|no|any|anything|your|my|our|i['’]\w+|you['’]\w+|we['’]\w+|it['’]s|that['’]s)\b/i;
const pointsBack = /\b(it|that|those|these|them|this|so)\b/i;
const notOwners = /^(It|This|That|There|They|We|You|He|She|Who|What|Everyone|Nobody|The|Let|Nothing|Everything)$/;

function tidy(task: string, due: string | null): string {
  let text = task.trim().replace(/[\s.!?。！？…]+$/u, "");
  if (due !== null && text.toLowerCase().endsWith(due.toLowerCase())) {
    text = text.slice(0, -due.length).replace(/[\s,;–—-]+$/u, "");
  }
  return text;
}

interface Found {
  readonly task: string;
  readonly owner: string | null;
  readonly kind: ActionItem["kind"];
  readonly confirmation?: Statement | null;
}

/** The first sentence of the next turn, if somebody else has it. */
function replyTo(statement: Statement, all: readonly Statement[]): Statement | null {
  const next = all.slice(statement.index + 1, statement.index + 30).find((one) => one.turn !== statement.turn);
  return next && next.speaker !== null && next.speaker !== statement.speaker ? next : null;
}

function addressed(text: string, names: readonly string[]): { name: string; rest: string } | null {
  for (const name of names) {
    const at = text.toLowerCase().indexOf(`${name.toLowerCase()}, `);
    if (at !== 0 && !/^[\p{L}, ]{0,20}, $/u.test(text.slice(0, Math.max(0, at)))) continue;
    return { name, rest: text.slice(at + name.length + 2) };
  }
  return null;
}

function ordered(text: string, names: readonly string[]): Found | null {
  const call = addressed(text, names);
  if (call && !noOrder.test(call.rest) && !/\b(can|could|would|will) you\b/i.test(call.rest) && !/[?？]$/.test(text)) {
    return { task: call.rest.replace(/^please,? /i, ""), owner: call.name, kind: "request" };
  }
  const third =
    /^(\p{Lu}[\p{L}'’-]*(?: \p{Lu}[\p{L}'’-]*)?) (?:will|is to|is going to|needs to|has to|should|must|agreed to|to) (?!be\b)(.+)/u.exec(
      text,
    );
  const owner = third?.[1] ?? "";
  const known = names.includes(owner);
  if (!third || notOwners.test(owner.split(" ")[0] ?? "") || (names.length > 0 && !known)) return null;
  return { task: third[2] ?? "", owner, kind: "request" };
}

function accepted(statement: Statement, all: readonly Statement[]): Found | null {
  const offered = offer.exec(statement.text);
  const reply = replyTo(statement, all);
  if (!offered || !reply || !yes.test(reply.text)) return null;
  const task = offered[1] ?? offered[2] ?? "";
  return { task, owner: statement.speaker, kind: "request", confirmation: reply };
}

function find(statement: Statement, names: readonly string[], all: readonly Statement[]): Found | null {
  const { text, speaker } = statement;
  const label = marked.exec(text)?.[1];
  if (label) return ordered(label, names) ?? { task: label, owner: speaker, kind: "need" };
  const asked = request.exec(text);
  if (asked) {
    const owner = addressed(text, names)?.name ?? null;
    return { task: asked[1] ?? asked[2] ?? asked[3] ?? "", owner, kind: "request" };
  }
  if (statement.question) return accepted(statement, all);
  const order = ordered(text, names);
  if (order) return order;
  const promised = promise.exec(text)?.[1];
  if (promised && !noPromise.test(promised)) return { task: promised, owner: speaker, kind: "promise" };
  const needed = need.exec(text);
  if (needed) return { task: needed[1] ?? needed[2] ?? "", owner: null, kind: "need" };
  if (needsThing.test(text)) return { task: quote(text), owner: null, kind: "need" };
  const planned = planOf(text);
  if (planned !== null && (!opensTalk(text) || findDue(planned) !== null)) {
    return { task: planned, owner: null, kind: "plan" };
  }
  if (promiseElsewhere.test(text)) return { task: quote(text), owner: speaker, kind: "promise" };
  if (waiting.test(text)) {
    const reply = replyTo(statement, all);
    const answer = reply?.question ? null : reply;
    return { task: quote(text), owner: speaker, kind: "waiting", confirmation: answer };
  }
  return null;
}

function toItem(found: Found, statement: Statement, next: string | null): ActionItem {
  const due = findDue(statement.text);
  // In the first or second person the words would mean somebody else in a list: they are quoted whole.
  const personal =
    firstPerson.test(found.task.replaceAll(/\b(we|our|us|ours)\b/gi, "")) || /\byour?s?\b/i.test(found.task);
  const words = tidy(found.task, due).split(/\s+/);
  // "Email them" says nothing without its sentence.
  const vague = words.length <= 3 && pointsBack.test(found.task);
  const task = personal || vague ? quote(statement.text) : tidy(found.task, due);
  const owner = found.kind === "request" ? (found.owner ?? next) : found.owner;
  return { task, owner, due, source: statement, kind: found.kind, confirmation: found.confirmation ?? null };
}

/** The request a statement may be the answer to. */
function openRequest(items: readonly ActionItem[], statement: Statement): number {
  return items.findLastIndex(
    (item) =>
      item.kind === "request" &&
      item.owner === statement.speaker &&
      item.confirmation === null &&
      statement.turn > item.source.turn &&
      statement.turn - item.source.turn <= 3,
  );
}

/** "I'll have it ready" and "Will do" belong to the request they answer. */
function confirm(items: ActionItem[], statement: Statement, found: Found | null): boolean {
  const at = openRequest(items, statement);
  const item = items[at];
  if (!item || statement.question) return false;
  const atOnce = statement.turn - item.source.turn === 1 && yes.test(statement.text);
  const answers = found ? found.kind === "promise" && (atOnce || pointsBack.test(found.task)) : atOnce;
  if (!answers) return false;
  items[at] = { ...item, confirmation: statement, due: item.due ?? findDue(statement.text) };
  return true;
}

/** "Please take that" gives the need before it its owner. */
function assign(items: ActionItem[], statement: Statement, found: Found): boolean {
  const last = items.at(-1);
  if (!last || last.owner !== null || statement.turn - last.source.turn > 2) return false;
  if (found.owner === null || !takesOver.test(found.task)) return false;
  const due = last.due ?? findDue(statement.text);
  items[items.length - 1] = { ...last, owner: found.owner, due, confirmation: statement };
  return true;
}

/** Commitments, requests, needs, plans and things waited for, in the order of the meeting. */
export function findActionItems(transcript: Transcript): ActionItem[] {
  const { statements, speakers, attendees } = transcript;
  const names = [...new Set([...speakers, ...attendees.map((one) => one.name)])];
  const items: ActionItem[] = [];
  for (const statement of statements) {
    const found = find(statement, names, statements);
    if (confirm(items, statement, found)) continue;
    if (!found || !/[\p{L}\p{N}]/u.test(found.task)) continue;
    if (assign(items, statement, found)) continue;
    items.push(toItem(found, statement, replyTo(statement, statements)?.speaker ?? null));
  }
  return items;
}
