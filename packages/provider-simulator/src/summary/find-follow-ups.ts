import type { ActionItem } from "./find-action-items.ts";
import { capitalise, nameIn, quote, quoteFrom } from "./attribute.ts";
import type { Decision } from "./find-decisions.ts";
import { findConcerns, findOpenQuestions } from "./find-concerns.ts";
import { findDue } from "./find-due.ts";
import type { Statement, Transcript } from "./read-transcript.ts";

const maxPerKind = 3;

function fromAction(item: ActionItem): string | null {
  const { owner, due, task, source, kind } = item;
  if (kind === "waiting") return null;
  if (owner === null && kind === "need") {
    const raised = source.speaker === null ? "" : ` (raised by ${nameIn(source.speaker)})`;
    return `Name an owner${due === null ? " and a date" : ""} for: ${task}${raised}`;
  }
  if (owner === null || kind === "plan") return null;
  if (due === null) return `Agree a date with ${nameIn(owner)} for: ${task}`;
  return `Check with ${nameIn(owner)} that this is done ${due}: ${task}`;
}

/** Dates that are facts, not tasks. */
function deadlines(transcript: Transcript, used: ReadonlySet<number>): Statement[] {
  return transcript.statements.filter(
    (one) =>
      !one.question &&
      !used.has(one.index) &&
      findDue(one.text) !== null &&
      / (is|are|due|deadline|on track|scheduled|starts?|ends?)\b/i.test(one.text),
  );
}

/**
 * Suggestions that follow from what was said: tasks to check on, dates to plan around, concerns to resolve,
 * questions to answer, owners to name. Every one quotes or names its source.
 */
export function findFollowUps(
  transcript: Transcript,
  actions: readonly ActionItem[],
  decisions: readonly Decision[],
): string[] {
  const used = new Set(
    [
      ...actions.flatMap((item) => [item.source, item.confirmation]),
      ...decisions.flatMap((decision) => decision.statements),
    ].flatMap((statement) => (statement ? [statement.index] : [])),
  );
  const concerns = findConcerns(transcript).filter(
    (one) => !used.has(one.index) || actions.some((item) => item.kind === "waiting" && item.source === one),
  );
  const concerned = new Set([...used, ...concerns.map((one) => one.index)]);
  const fromActions = actions.map(fromAction).filter((text) => text !== null);
  const unowned = fromActions.filter((text) => text.startsWith("Name"));
  const checks = fromActions.filter((text) => !text.startsWith("Name"));
  return [
    ...deadlines(transcript, concerned)
      .slice(0, maxPerKind)
      .map((one) => `Plan around this date: ${quoteFrom(one)}`),
    ...concerns.slice(0, maxPerKind).map((one) => `Resolve or keep an eye on: ${quoteFrom(one)}`),
    ...unowned.slice(0, maxPerKind),
    ...checks.slice(0, maxPerKind),
    ...findOpenQuestions(transcript)
      .slice(0, maxPerKind)
      .map((one) =>
        one.speaker === null
          ? `Answer the open question: ${quote(one.text)}`
          : `${capitalise("answer")} the open question of ${nameIn(one.speaker)}: ${quote(one.text)}`,
      ),
  ];
}
