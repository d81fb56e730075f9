import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { summariseMeeting } from "../src/summary/summarise-meeting.ts";
import { wordsOf } from "../src/summary/words.ts";
import { start } from "./running.ts";

const asked = [
  "Executive Summary (2-3 paragraphs)",
  "Action Items (numbered list)",
  "Key Decisions Made",
  "Recommendations for Follow-up",
];
const prompt = (sections: readonly string[], transcript: string): string =>
  `Summarize this meeting transcript into:\n${sections.map((one) => `- ${one}\n`).join("")}\nMeeting Transcript:\n${transcript}`;
const headings = (text: string): string[] => [...text.matchAll(/^#+ (.*)$/gm)].map((match) => match[1] ?? "");
const section = (text: string, heading: string): string =>
  (text.split(`## ${heading}\n\n`)[1] ?? "").split("\n\n## ")[0] ?? "";

const legal = `
  Attendees: John (Partner), Sarah (Associate), Mike (Paralegal)
  Duration: 45 minutes
  Topic: Case Strategy for Smith v. Jones

  John: Let's discuss our approach for the Smith case. The deposition is in 3 weeks.
  Sarah: I've reviewed the discovery documents. The key issue is the contract's ambiguity around the liability clause.
  Mike: I've created a timeline. The critical events are on pages 45-67 of the evidence log.
  John: Good. Sarah, can you draft a summary of our position by Friday?
  Sarah: I'll have it ready. Should I include recommendations for discovery?
  John: Yes, especially around vendor communications. Mike, check if we have all related emails.
  Mike: I'll pull those by tomorrow.
  John: This looks solid. Let's reconvene next week after Sarah finishes the draft.
`;
const strategy = `
  Team sync for Q2 strategy planning.
  Attendees: CEO, CFO, Head of Product

  CEO: Let's review our market position and Q2 targets.
  CFO: Revenue is up 15% YoY. We're tracking to beat forecast.
  Head of Product: New features launched last month show strong adoption.
  CEO: Great! What are our risks?
  CFO: Supply chain delays could impact timeline.
  Head of Product: We need to hire 3 more engineers to meet roadmap.
  CEO: Let's make that happen. Budget approved.
`;
const standup = `
  Daily standup
  Attendees: Dev team

  Tom: I finished the API integration yesterday.
  Lisa: I'm working on the UI components.
  Chris: Testing is on track for Thursday release.
  Tom: Good. Any blockers?
  Lisa: Waiting for design approval on the dashboard.
  Chris: Should be done today.
`;

describe("summaries of known meetings", () => {
  test("the legal meeting: owners, dates, confirmations and the answer to a proposal", () => {
    const text = summariseMeeting(prompt(asked, legal));
    expect(headings(text)).toEqual([
      "Executive Summary",
      "Action Items",
      "Key Decisions Made",
      "Recommendations for Follow-up",
    ]);
    const summary = section(text, "Executive Summary");
    expect(summary.split("\n\n")).toHaveLength(3);
    expect(summary).toContain("Case Strategy for Smith v. Jones");
    expect(summary).toContain("John (Partner), Sarah (Associate) and Mike (Paralegal)");
    const actions = section(text, "Action Items").split("\n");
    expect(actions[0]).toMatch(/^1\. Sarah: Draft a summary of our position\. Due: by Friday\..*I'll have it ready/);
    expect(actions[2]).toMatch(/^3\. Mike: Check if we have all related emails\. Due: by tomorrow\./);
    expect(section(text, "Key Decisions Made")).toContain(
      "John: “Yes, especially around vendor communications.” In reply to “Should I include recommendations for discovery?” (Sarah)",
    );
    const advice = section(text, "Recommendations for Follow-up");
    expect(advice).toContain("The deposition is in 3 weeks.");
    expect(advice).toContain("ambiguity around the liability clause");
  });

  test("the strategy meeting: a need without an owner, and the approval that answers it", () => {
    const text = summariseMeeting(prompt(asked.slice(0, 2), strategy));
    expect(headings(text)).toEqual(["Executive Summary", "Action Items"]);
    expect(text).toContain("Revenue is up 15% YoY");
    expect(text).toContain("Budget approved.");
    expect(section(text, "Action Items")).toBe(
      "1. Owner not named: Hire 3 more engineers to meet roadmap. Raised by the Head of Product.",
    );
  });

  test("the standup: a summary alone, with what is waited for; no decision is made up", () => {
    const text = summariseMeeting(prompt(asked.slice(0, 1), standup));
    expect(headings(text)).toEqual(["Executive Summary"]);
    expect(text).toContain("Tom finished the API integration yesterday.");
    expect(text).toContain("Waiting for design approval on the dashboard.");
    const all = summariseMeeting(prompt(asked, standup));
    expect(section(all, "Key Decisions Made")).toBe("No decisions were recorded.");
    expect(section(all, "Action Items")).toContain("Waiting for design approval");
  });

  test("a task taken over, an answer in two words and a decision that points back are put together", () => {
    const text = summariseMeeting(
      prompt(
        asked,
        [
          "Dana: Let's walk through Tuesday's outage.",
          "Pri: We should automate renewal.",
          "Dana: Agreed. Pri, please take that by Wednesday.",
          "Pri: Will do.",
          "Dana: Omar, could you write the post-mortem?",
          "Omar: Sure, I'll share a draft tomorrow.",
          "Dana: Offer them one month free. Finance has approved it.",
        ].join("\n"),
      ),
    );
    const actions = section(text, "Action Items").split("\n");
    expect(actions).toHaveLength(2);
    expect(actions[0]).toMatch(/^1\. Pri: Automate renewal\. Due: by Wednesday\./);
    expect(actions[1]).toMatch(/^2\. Omar: Write the post-mortem\. Due: tomorrow\./);
    expect(section(text, "Key Decisions Made").split("\n")).toEqual([
      "- Dana: “Agreed.” In reply to “We should automate renewal.” (Pri)",
      "- Dana: “Offer them one month free. Finance has approved it.”",
    ]);
  });

  test("prose, other alphabets and an empty transcript are read for what they are", () => {
    const prose = summariseMeeting(
      prompt(asked, "We met the vendor. Priya will send the runbook by Monday. It was agreed to keep both regions."),
    );
    expect(section(prose, "Action Items")).toBe("1. Priya: Send the runbook. Due: by Monday.");
    expect(section(prose, "Key Decisions Made")).toContain("It was agreed to keep both regions.");
    const russian = summariseMeeting(prompt(asked, "Анна: Каталог готов.\nБорис: Я подключу оплату. Бюджет одобрен."));
    expect(section(russian, "Action Items")).toContain("Борис: “Я подключу оплату.”");
    expect(section(russian, "Key Decisions Made")).toContain("Бюджет одобрен.");
    const chinese = summariseMeeting(prompt(asked, "王伟：测试完成了。\n李娜：预算已经批准。"));
    expect(section(chinese, "Executive Summary")).toContain("王伟");
    expect(section(chinese, "Key Decisions Made")).toContain("预算已经批准");
    const empty = summariseMeeting(prompt(asked, ""));
    expect(headings(empty)).toHaveLength(4);
    expect(section(empty, "Executive Summary")).toContain("empty");
  });

  test("approval that is only waited for is not a decision", () => {
    const text = summariseMeeting(
      prompt(asked, "Ann: The budget is not approved yet.\nBo: We need approval from legal. Is it agreed?"),
    );
    expect(section(text, "Key Decisions Made")).toBe("No decisions were recorded.");
  });

  test("the summary is what the API answers, streamed or not", async () => {
    const { openai } = await start();
    const messages = [
      { role: "system" as const, content: "You are an expert meeting summarizer." },
      { role: "user" as const, content: prompt(asked, legal) },
    ];
    const answer = await openai.chat.completions.create({ model: "gpt-4", messages, temperature: 0.3 });
    expect(answer.choices[0]?.message.content).toBe(summariseMeeting(prompt(asked, legal)));
  });
});

const letters = "bcdfgklmnprstvz".split("");
const vowels = "aeiouäéоія".split("");
const syllable = fc
  .tuple(fc.constantFrom(...letters), fc.constantFrom(...vowels), fc.constantFrom(...letters))
  .map((parts) => parts.join(""));
const oddWord = fc.array(syllable, { minLength: 2, maxLength: 3 }).map((parts) => parts.join(""));
const sentence = fc
  .tuple(
    fc.constantFrom(
      "",
      "I'll ",
      "We need to ",
      "Let's ",
      "Can you ",
      "Approved: ",
      "Waiting for ",
      "Should I ",
      "- ",
      "# ",
      "The ",
    ),
    fc.array(oddWord, { minLength: 1, maxLength: 9 }),
    fc.constantFrom(".", "?", "!", " by Friday.", " next week.", ""),
  )
  .map(([head, words, end]) => head + words.join(" ") + end);
const name = oddWord.map((word) => word.charAt(0).toUpperCase() + word.slice(1));
const line = fc.oneof(
  fc.tuple(name, sentence).map(([who, what]) => `${who}: ${what}`),
  sentence,
  fc.constant(""),
  fc.constant("## Made-up Heading"),
  fc.constant("- Another Section (numbered list)"),
);
const transcript = fc.array(line, { maxLength: 14 }).map((lines) => lines.join("\n"));

/** Every word the templates themselves can put into a summary: read from the sources, so none is missed. */
const templateWords = new Set(
  ["attribute", "find-follow-ups", "write-action-item", "write-executive-summary", "summarise-meeting"].flatMap(
    (file) => wordsOf(readFileSync(new URL(`../src/summary/${file}.ts`, import.meta.url), "utf8")),
  ),
);

describe("summaries of meetings never seen", () => {
  test("have exactly the asked sections in order, each with content", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(asked, { minLength: 1 }), transcript, (sections, meeting) => {
        const text = summariseMeeting(prompt(sections, meeting));
        expect(headings(text)).toEqual(sections.map((one) => one.replace(/ \(.*/, "")));
        for (const heading of headings(text)) expect(section(text, heading).trim()).not.toBe("");
      }),
      { numRuns: 300 },
    );
  });

  test("use no content word that the transcript does not have", () => {
    fc.assert(
      fc.property(transcript, (meeting) => {
        const known = new Set(wordsOf(meeting.normalize()));
        const foreign = wordsOf(summariseMeeting(prompt(asked, meeting))).filter(
          (word) => !known.has(word) && !templateWords.has(word) && !/^\d+$/.test(word),
        );
        const headingWords = new Set(wordsOf(asked.join(" ")));
        expect(foreign.filter((word) => !headingWords.has(word))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("take content from a transcript that has some", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, sentence), { minLength: 1, maxLength: 10 }), (turns) => {
        const meeting = turns.map(([who, what]) => `${who}: ${what}`).join("\n");
        const said = new Set(turns.flatMap(([, what]) => wordsOf(what)));
        const text = section(summariseMeeting(prompt(asked, meeting)), "Executive Summary");
        expect(wordsOf(text).some((word) => said.has(word) && !templateWords.has(word))).toBe(true);
        expect(text).toContain(turns[0]?.[0]);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ["one endless word", "a".repeat(1_000_000)],
    ["one endless sentence", "word ".repeat(200_000)],
    ["a million marks", "?".repeat(1_000_000)],
    ["many lines", "Ann: We need to go on, can you help by Friday?\n".repeat(20_000)],
  ])("%s is summarised in bounded time", (_, meeting) => {
    const begun = performance.now();
    const text = summariseMeeting(prompt(asked, meeting));
    expect(performance.now() - begun).toBeLessThan(3000);
    expect(headings(text)).toHaveLength(4);
    expect(text.length).toBeLessThan(40_000);
  });
});
