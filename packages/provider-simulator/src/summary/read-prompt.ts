export type SectionKind =
  | "overview"
  | "actions"
  | "decisions"
  | "follow-ups"
  | "concerns"
  | "questions"
  | "people"
  | "other";

/** One section that the prompt asks for. */
export interface AskedSection {
  /** The heading: what was asked for, up to the parenthesis. */
  readonly heading: string;
  readonly kind: SectionKind;
  readonly numbered: boolean;
  /** The most paragraphs a section in prose may have. */
  readonly maxParagraphs: number;
}

export interface MeetingPrompt {
  readonly sections: readonly AskedSection[];
  readonly transcript: string;
}

const marker = /^[ \t]*(?:#+[ \t]*|\*\*)?meeting transcript(?:\*\*)?[ \t]*:(?:\*\*)?/im;

const kinds: readonly (readonly [RegExp, SectionKind])[] = [
  [/\b(recommend\w*|follow[- ]?ups?|suggest\w*)\b/i, "follow-ups"],
  [/\b(action|tasks?|to-?dos?|next steps|assignments?|commitments?)\b/i, "actions"],
  [/\b(decisions?|decided|agreements?|agreed|approvals?|resolutions?)\b/i, "decisions"],
  [/\b(summary|overview|recap|synopsis|abstract|highlights|key points|discussion)\b/i, "overview"],
  [/\b(risks?|blockers?|concerns?|issues?|problems?)\b/i, "concerns"],
  [/\bquestions?\b/i, "questions"],
  [/\b(attendees|participants|people|speakers)\b/i, "people"],
];

function readSection(line: string): AskedSection {
  const parenthesis = line.search(/[(（]/);
  const heading = (parenthesis < 0 ? line : line.slice(0, parenthesis)).replace(/[\s:*]+$/, "");
  const manner = parenthesis < 0 ? "" : line.slice(parenthesis);
  const kind = kinds.find(([pattern]) => pattern.test(heading))?.[1] ?? "other";
  const paragraphs = /(\d+)\s*(?:[-–—]|to)?\s*(\d+)?\s*paragraphs?/i.exec(manner);
  return {
    heading: heading.replace(/^[\s*]+/, ""),
    kind,
    numbered: /number/i.test(manner) || (kind === "actions" && !/bullet/i.test(manner)),
    maxParagraphs: Math.max(1, Number(paragraphs?.[2] ?? paragraphs?.[1] ?? 3)),
  };
}

/** The sections and the transcript of a prompt that asks for a meeting's summary; `null` for any other. */
export function readMeetingPrompt(prompt: string): MeetingPrompt | null {
  const found = marker.exec(prompt);
  if (!found) return null;
  const sections = [...prompt.slice(0, found.index).matchAll(/^[ \t]*- (.+)$/gm)]
    .map((match) => readSection(match[1] ?? ""))
    .filter((section) => section.heading !== "");
  const whole: AskedSection = {
    heading: "Summary",
    kind: "overview",
    numbered: false,
    maxParagraphs: 3,
  };
  return {
    sections: sections.length > 0 ? sections : [whole],
    transcript: prompt.slice(found.index + found[0].length),
  };
}
