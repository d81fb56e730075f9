const plan = /^(?:(?:ok|okay|so|right|good|great|and|then)[,.]? )?let(?:['’]s| us) (.+)/i;

/** What "let's" opens is mostly the talk itself, not a task. */
const talk =
  /^(discuss|review|talk|start|begin|look|move on|get (started|going|into)|go (over|around|through|to)|walk|see|hear|proceed|jump|dive|kick|pause|wait|say|not\b|be\b|focus|recap|cover|turn|continue|wrap|hope|think)\b/i;
/** Agreement with what was said before: a decision, but no task of its own. */
const consent = /^(make (it|that) happen|do (it|that|this)|go (ahead|for))\b/i;

/** What a "let's" sentence proposes; `null` for any other. */
export function planOf(text: string): string | null {
  return plan.exec(text)?.[1] ?? null;
}

/** Whether a "let's" sentence only steers the talk and settles nothing. */
export function steersTalk(text: string): boolean {
  return talk.test(planOf(text) ?? "");
}

/** Whether a "let's" sentence holds no task: it steers the talk or consents. */
export function opensTalk(text: string): boolean {
  const planned = planOf(text) ?? "";
  return talk.test(planned) || consent.test(planned);
}
