import { capitalise, inWords, nameIn, quote, quoteFrom, report } from "./attribute.ts";
import type { ActionItem } from "./find-action-items.ts";
import { opensTalk } from "./plan-cues.ts";
import type { Decision } from "./find-decisions.ts";
import { findConcerns } from "./find-concerns.ts";
import { rankSentences } from "./rank-sentences.ts";
import type { Statement, Transcript } from "./read-transcript.ts";

const maxKeyPoints = 4;
const maxNextSteps = 5;

function people(transcript: Transcript): string | null {
  const { attendees, speakers } = transcript;
  const spoke = inWords(speakers.slice(0, 8).map(nameIn));
  if (attendees.length === 0) return spoke === "" ? null : `${capitalise(spoke)} took part.`;
  const listed = inWords(
    attendees.slice(0, 12).map(({ name, role }) => (role === null ? nameIn(name) : `${name} (${role})`)),
  );
  const sameNames = speakers.every((name) => attendees.some((one) => one.name === name));
  const attended = `${capitalise(listed)} attended.`;
  return sameNames || spoke === "" ? attended : `${attended} ${capitalise(spoke)} spoke.`;
}

function framing(transcript: Transcript): string | null {
  const { topic, title, duration, date } = transcript;
  const subject = topic ?? title;
  const about = subject === null ? null : `The meeting was about: ${subject}.`;
  const facts = [duration && `Duration: ${duration}.`, date && `Date: ${date}.`];
  const parts = [about, people(transcript), ...facts].filter((part) => part);
  return parts.length === 0 ? null : parts.join(" ");
}

function keyPoints(transcript: Transcript, used: ReadonlySet<number>): Statement[] {
  const informing = transcript.statements.filter(
    (one) => !used.has(one.index) && !one.question && !opensTalk(one.text),
  );
  const rest = informing.length > 0 ? informing : transcript.statements;
  const best = rankSentences(
    rest.map((one) => one.text),
    maxKeyPoints,
  );
  const chosen = best.map((index) => rest[index]).filter((one) => one !== undefined);
  const telling = chosen.filter((one) => one.text.split(/\s+/).length > 3 || /[^\p{ASCII}]/u.test(one.text));
  return telling.length > 0 ? telling : chosen;
}

function nextStep({ owner, task, due, kind }: ActionItem): string {
  const when = due === null || task.includes(due) ? "" : ` (${due})`;
  const who = owner === null && kind !== "plan" ? null : (owner ?? "everyone");
  const first = task.charAt(0).toLowerCase() + task.slice(1);
  // Only a word that opens a task is a verb for sure; a quotation keeps its own case.
  const what = `${task.startsWith("“") ? task : first}${when}`;
  return who === null ? `${what} (no owner named)` : `${nameIn(who)}: ${what}`;
}

function sentence(text: string): string {
  return /[.!?。！？…]”$/u.test(text) ? text : `${text}.`;
}

/** What one person said in a row is quoted once. */
function reportAll(points: readonly Statement[]): string {
  const parts: { statement: Statement; text: string }[] = [];
  for (const statement of points) {
    const last = parts.at(-1);
    const { speaker } = statement;
    if (
      last &&
      speaker !== null &&
      last.statement.speaker === speaker &&
      !last.statement.question &&
      !statement.question
    ) {
      const joined = { ...statement, text: `${last.statement.text} ${statement.text}` };
      const plain = report(last.statement).endsWith(quote(last.statement.text));
      if (plain && report(statement).endsWith(quote(statement.text))) {
        parts[parts.length - 1] = { statement: joined, text: report(joined) };
        continue;
      }
    }
    parts.push({ statement, text: report(statement) });
  }
  return parts
    .map(({ statement, text }, index) => {
      const again = statement.speaker !== null && parts[index - 1]?.statement.speaker === statement.speaker;
      return again ? text.replace(/^According/, "Also according") : text;
    })
    .join(" ");
}

function outlook(
  actions: readonly ActionItem[],
  decisions: readonly Decision[],
  concerns: readonly Statement[],
): string {
  const steps = actions.filter((item) => item.kind !== "waiting");
  const shown = steps.slice(0, maxNextSteps).map(nextStep);
  const more = steps.length > shown.length ? `; and ${steps.length - shown.length} more` : "";
  const next =
    shown.length > 0 ? sentence(`Next steps: ${shown.join("; ")}${more}`) : "The transcript names no next steps.";
  const settled = decisions.slice(0, 2).map((one) => {
    const words = one.statements.map((statement) => statement.text).join(" ");
    const speaker = one.statements[0]?.speaker ?? null;
    const said = speaker === null ? quote(words) : `${quote(words)} (${speaker})`;
    return one.inReplyTo ? `on ${quoteFrom(one.inReplyTo)}: ${said}` : said;
  });
  const open = concerns.slice(0, 2).map((one) => {
    const reply = actions.find((item) => item.kind === "waiting" && item.source === one)?.confirmation;
    return reply ? `${quoteFrom(one)}; ${quoteFrom(reply)}` : quoteFrom(one);
  });
  return [
    settled.length > 0 ? sentence(`Decided: ${settled.join("; ")}`) : "",
    next,
    open.length > 0 ? sentence(`To watch: ${open.join("; ")}`) : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/**
 * The meeting in two or three short paragraphs: who and what about, what was said that matters most, what
 * comes of it. A transcript without a word is said to be one.
 */
export function writeExecutiveSummary(
  transcript: Transcript,
  actions: readonly ActionItem[],
  decisions: readonly Decision[],
  maxParagraphs: number,
): string[] {
  if (transcript.statements.length === 0) {
    const head = framing(transcript);
    const empty = "The transcript is empty: there is nothing to summarise.";
    return [head === null ? empty : `${head} ${empty}`];
  }
  const told = new Set(
    [
      ...actions.filter((item) => item.kind !== "waiting").flatMap((item) => [item.source, item.confirmation]),
      ...decisions.flatMap((one) => one.statements),
    ].flatMap((statement) => (statement ? [statement.index] : [])),
  );
  const points = keyPoints(transcript, told);
  const chosen = new Set([...told, ...points.map((one) => one.index)]);
  const waited = new Set(actions.filter((item) => item.kind === "waiting").map((item) => item.source));
  const concerns = findConcerns(transcript).filter((one) => !chosen.has(one.index) || waited.has(one));
  const shown = points.filter((one) => !concerns.slice(0, 2).includes(one));
  const paragraphs = [
    framing(transcript),
    shown.length > 0 ? reportAll(shown) : null,
    outlook(actions, decisions, concerns),
  ].filter((paragraph) => paragraph !== null);
  if (paragraphs.length <= maxParagraphs) return paragraphs;
  const kept = paragraphs.slice(0, maxParagraphs - 1);
  return [...kept, paragraphs.slice(maxParagraphs - 1).join(" ")];
}
