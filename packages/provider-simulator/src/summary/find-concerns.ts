import type { Statement, Transcript } from "./read-transcript.ts";

const concern =
  /\b(risks?|blockers?|blocked|issues?|problems?|concerns?|concerned|worried|delays?|delayed|behind schedule|late|slipp\w+|ambigu\w+|unclear|missing|waiting (?:for|on)|awaiting|stuck|depends on|shortage|overrun|fail(?:s|ed|ing|ure)?|outage|bugs?|churn|could impact|might (?:impact|affect|miss))\b/i;

/** Statements that name a risk, an issue or something waited for. Questions about risks are not risks. */
export function findConcerns({ statements }: Transcript): Statement[] {
  return statements.filter((statement) => !statement.question && concern.test(statement.text));
}

const smallTalk =
  /^(any (?:other )?(?:questions|comments|thoughts)|right|ok(?:ay)?|ready|how are|how['’]s|shall we (?:start|begin))\b/i;
const asking = /\b(can|could|would|will) you\b/i;

/** Questions after which nobody else spoke: requests are left out, they are action items. */
export function findOpenQuestions({ statements }: Transcript): Statement[] {
  return statements.filter((statement) => {
    if (!statement.question || asking.test(statement.text) || smallTalk.test(statement.text)) return false;
    const later = statements.slice(statement.index + 1, statement.index + 30);
    const reply = later.find((one) => one.turn !== statement.turn);
    return reply === undefined || reply.question;
  });
}
