import type { Statement, Transcript } from "./read-transcript.ts";

/** What was settled, in the words that settled it. */
export interface Decision {
  /** Sentences of one turn. */
  readonly statements: readonly Statement[];
  /** What it answers, where the words alone do not say it. */
  readonly inReplyTo: Statement | null;
}

const settled =
  /\b(approved?|agreed|decided|decision is|signed off|sign-off given|green[- ]?lit|settled|chosen|confirmed|accepted|rejected|postponed|cancell?ed|adopted|resolved|consensus|carried|unanimous\w*|go(ing)? with|go ahead|make (it|that) happen|(looks|sounds) (good|solid|great|fine|right))\b|^(?:(?:good|great|ok|okay|so|right|then)[,.]? )?let(?:['’]s|s| us) (?!discuss|review|talk|start|begin|look|move on|see|hear|get (?:started|going)|go (?:over|around|through)|kick|dive|jump|recap|wait|not\b)|^(?:decision|decided)\s*[:：-]|\b(beschlossen|genehmigt|einverstanden|approuvé|décidé|d'accord|aprobado|acordado|de acuerdo|aprovado)\b|(одобрен|решили|решено|согласован|утвержд|承認|決定|批准|同意|合意)/iu;
const unsettled =
  /\b(waiting|awaiting|pending|needs?|needed|not|never|if|once|unless|until|whether|should|could|might|may|to be|get|getting)\b[^.]{0,40}\b(approv|decid|agre|confirm|accept|sign|settl|resolv)|\bn['’]t\b/i;
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
  return !statement.question && settled.test(statement.text) && !unsettled.test(statement.text);
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
    const earlier = previousTurn(statement, statements);
    const needsContext =
      pointsBack.test(statement.text) && earlier !== null && earlier.speaker !== statement.speaker;
    const brief = statement.text.split(/\s+/).length <= 8 && !praise.test(statement.text);
    const back = brief && needsContext ? earlier : null;
    const context = proposed ?? (back && !back.question ? back : null);
    decisions.push({ statements: [statement], inReplyTo: context });
  }
  return decisions;
}
