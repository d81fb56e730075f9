import type { ActionItem } from "./find-action-items.ts";
import { capitalise, nameIn, quote } from "./attribute.ts";

function origin({ source, kind, owner, confirmation }: ActionItem): string[] {
  const notes: string[] = [];
  if (source.speaker !== null && source.speaker !== owner) {
    const verb = kind === "request" ? "Requested" : kind === "plan" ? "Proposed" : "Raised";
    notes.push(`${verb} by ${nameIn(source.speaker)}.`);
  }
  if (confirmation) {
    const { speaker, text } = confirmation;
    const verb = speaker === owner || speaker === null ? "Confirmed" : `${capitalise(nameIn(speaker))} replied`;
    notes.push(`${verb}: ${quote(text)}`);
  }
  return notes;
}

/** An action item as a line of a list: owner, task, due date, where it comes from. */
export function writeActionItem(item: ActionItem): string {
  const { owner, task, due, kind } = item;
  const who = owner ?? (kind === "plan" ? "Everyone" : "Owner not named");
  const what = kind === "waiting" ? `Open: ${task}` : capitalise(task);
  const end = /[.!?…]”$/u.test(what) ? "" : ".";
  const when = due === null || task.includes(due) ? [] : [`Due: ${due}.`];
  return [`${capitalise(nameIn(who))}: ${what}${end}`, ...when, ...origin(item)].join(" ");
}
