import { quote, quoteFrom } from "./attribute.ts";
import type { ActionItem } from "./find-action-items.ts";
import { findActionItems } from "./find-action-items.ts";
import { findConcerns, findOpenQuestions } from "./find-concerns.ts";
import type { Decision } from "./find-decisions.ts";
import { findDecisions } from "./find-decisions.ts";
import { findFollowUps } from "./find-follow-ups.ts";
import type { AskedSection } from "./read-prompt.ts";
import { readMeetingPrompt } from "./read-prompt.ts";
import type { Transcript } from "./read-transcript.ts";
import { readTranscript } from "./read-transcript.ts";
import { contentWords } from "./words.ts";
import { writeActionItem } from "./write-action-item.ts";
import { writeExecutiveSummary } from "./write-executive-summary.ts";

const maxItems = 20;

interface Findings {
  readonly transcript: Transcript;
  readonly actions: readonly ActionItem[];
  readonly decisions: readonly Decision[];
}

function writeDecision({ statements, inReplyTo }: Decision): string {
  const words = quote(statements.map((one) => one.text).join(" "));
  const speaker = statements[0]?.speaker;
  const said = speaker ? `${speaker}: ${words}` : words;
  return inReplyTo ? `${said} In reply to ${quoteFrom(inReplyTo)}` : said;
}

function related(section: AskedSection, transcript: Transcript): string[] {
  const asked = new Set(contentWords(section.heading));
  return transcript.statements.filter((one) => contentWords(one.text).some((item) => asked.has(item))).map(quoteFrom);
}

function people({ attendees, speakers }: Transcript): string[] {
  const listed = attendees.map(({ name, role }) => (role === null ? name : `${name} (${role})`));
  const others = speakers.filter((name) => !attendees.some((one) => one.name === name));
  return [...listed, ...others];
}

function items(section: AskedSection, findings: Findings): string[] {
  const { transcript, actions, decisions } = findings;
  switch (section.kind) {
    case "actions":
      return actions.map(writeActionItem);
    case "decisions":
      return decisions.map(writeDecision);
    case "follow-ups":
      return findFollowUps(transcript, actions, decisions);
    case "concerns":
      return findConcerns(transcript).map(quoteFrom);
    case "questions":
      return findOpenQuestions(transcript).map(quoteFrom);
    case "people":
      return people(transcript);
    default:
      return related(section, transcript);
  }
}

const nothing: Readonly<Record<AskedSection["kind"], string>> = {
  overview: "There is nothing to summarise.",
  actions: "No action items were recorded.",
  decisions: "No decisions were recorded.",
  "follow-ups": "The transcript suggests no follow-up.",
  concerns: "No risks or issues were recorded.",
  questions: "No open questions were recorded.",
  people: "No participants were recorded.",
  other: "Nothing on this was recorded.",
};

function writeList(list: readonly string[], numbered: boolean): string {
  const shown = list.slice(0, maxItems);
  if (list.length > shown.length) shown.push(`… and ${list.length - shown.length} more.`);
  return shown.map((item, index) => (numbered ? `${index + 1}. ${item}` : `- ${item}`)).join("\n");
}

function writeSection(section: AskedSection, findings: Findings): string {
  const heading = `## ${section.heading}`;
  if (section.kind === "overview") {
    const { transcript, actions, decisions } = findings;
    const paragraphs = writeExecutiveSummary(transcript, actions, decisions, section.maxParagraphs);
    return [heading, ...paragraphs].join("\n\n");
  }
  const list = items(section, findings);
  const body = list.length === 0 ? nothing[section.kind] : writeList(list, section.numbered);
  return `${heading}\n\n${body}`;
}

/** Whether a prompt asks for a meeting's summary: it has a line `Meeting Transcript:`. */
export function isMeetingPrompt(prompt: string): boolean {
  return readMeetingPrompt(prompt) !== null;
}

/**
 * The summary a prompt asks for: exactly its sections, in its order, made of the transcript's own words.
 * A section that finds nothing says so. Pure: the same prompt gives the same text.
 */
export function summariseMeeting(prompt: string): string {
  const asked = readMeetingPrompt(prompt);
  if (!asked) return "";
  const transcript = readTranscript(asked.transcript);
  const findings = {
    transcript,
    actions: findActionItems(transcript),
    decisions: findDecisions(transcript),
  };
  return asked.sections.map((section) => writeSection(section, findings)).join("\n\n");
}
