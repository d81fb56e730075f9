import { planOf, steersTalk } from "./plan-cues.ts";
import type { Statement, Transcript } from "./read-transcript.ts";

/** What was settled, in the words that settled it. */
export interface Decision {
  /** Sentences of one turn. */
  readonly statements: readonly Statement[];
  /** What it answers, where the words alone do not say it. */
  readonly inReplyTo: Statement | null;
}

const settled =
  /\b(approved?|agreed|decided|decision is|signed off|sign-off given|green[- ]?lit|settled|chosen|confirmed|accepted|rejected|postponed|cancell?ed|adopted|resolved|consensus|carried|unanimous\w*|go(ing)? with|go ahead|make (it|that) happen|(looks|sounds) (good|solid|great|fine|right))\b|^(?:decision|decided)\s*[:：-]|\b(beschlossen|genehmigt|einverstanden|approuvé|décidé|d'accord|aprobado|acordado|de acuerdo|aprovado)\b|(одобрен|решили|решено|согласован|утвержд|承認|決定|批准|同意|合意)/iu;
const unsettled =
  /\b(waiting|awaiting|pending|needs?|needed|not|never|if|once|unless|until|whether|should|could|might|may|to be|get|getting)\b[^.]{0,40}\b(approv|decid|agre|confirm|accept|sign|settl|resolv)|n['’]t\b/i;
const proposal =
  /\b(should|shall|can|could|may|do|must) (I|we)\b|\b(what if we|how about|are we (ok|okay|agreed|good)|do you (want|agree)|is that (ok|okay|fine)|does that work)\b/i;
const verdict =
  /^(yes|yeah|yep|sure|agreed|absolutely|definitely|correct|exactly|of course|ok|okay|sounds good|go ahead|please do|do it|let['’]s do (it|that)|fine|perfect|no|nope|not yet|let['’]s not|don['’]t|ja|nein|oui|non|sí|да|нет)\b/iu;
const praise = /\b(looks|sounds) (good|solid|great|fine|right)\b/i;
const pointsBack = /\b(it|that|this|those|these|them|yes|no|agreed|approved|so)\b/i;

function previousTurn(statement: Statement, all: readonly Statement[]): Statement | null {
  for (let at = statement.index - 1; at >= 0; at -= 1) {
    const earlier = all[at];
    if (earlier && earlier.turn !== statement.turn) return earlier;
  }
  return null;
}

function answers(statement: Statement, all: readonly Statement[]): Statement | null {
  const earlier = previousTurn(statement, all);
  const startsTurn = all[statement.index - 1]?.turn !== statement.turn;
  if (!earlier || !startsTurn || statement.question || !verdict.test(statement.text)) return null;
  const other = earlier.speaker !== statement.speaker && statement.turn - earlier.turn === 1;
  return other && earlier.question && proposal.test(earlier.text) ? earlier : null;
}

function isSettled(statement: Statement): boolean {
  const { text, question } = statement;
  if (question || steersTalk(text)) return false;
  return planOf(text) !== null || (settled.test(text) && !unsettled.test(text));
}

/** Words that point back are given with what they point to: the sentence before, or the turn before. */
function withContext(statement: Statement, all: readonly Statement[]): Decision {
  const alone = { statements: [statement], inReplyTo: null };
  const brief = statement.text.split(/\s+/).length <= 8 && !praise.test(statement.text);
  if (!brief || !pointsBack.test(statement.text)) return alone;
  const before = all[statement.index - 1];
  if (before && before.turn === statement.turn && statement.speaker !== null) {
    return before.question ? alone : { statements: [before, statement], inReplyTo: null };
  }
  const earlier = previousTurn(statement, all);
  if (!earlier || earlier.question || earlier.speaker === statement.speaker) return alone;
  const prior = all[earlier.index - 1];
  const whole = prior && prior.turn === earlier.turn ? `${prior.text} ${earlier.text}` : earlier.text;
  return { statements: [statement], inReplyTo: { ...earlier, text: whole } };
}

/** Approvals, agreements and answers to proposals, in the order of the meeting. */
export function findDecisions({ statements }: Transcript): Decision[] {
  const decisions: Decision[] = [];
  for (const statement of statements) {
    const proposed = answers(statement, statements);
    if (!proposed && !isSettled(statement)) continue;
    const last = decisions.at(-1);
    if (!proposed && last && statement.speaker !== null && last.statements[0]?.turn === statement.turn) {
      const both = [...last.statements, statement];
      decisions[decisions.length - 1] = { ...last, statements: both };
      continue;
    }
    const context = proposed ? { statements: [statement], inReplyTo: proposed } : withContext(statement, statements);
    decisions.push(context);
  }
  return decisions;
}
