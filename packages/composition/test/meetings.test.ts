import { formatUsd, inputTokens, outputTokens } from "@tenantry/core";
import { type MeetingSummary, sections, summarizeMeeting } from "@tenantry/meetings";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type App, openApp } from "../src/index.ts";
import { configIn, makeFolder, removeFolder } from "./support/installation.ts";

const names = sections.map(({ feature }) => feature);
const tiers = `
tiers:
  first: { models: [openai/gpt-4o-mini], features: [${names.join(", ")}], maxOutputTokens: 4000 }
  second: { models: [anthropic/claude-haiku-4-5], features: [${names.join(", ")}], maxOutputTokens: 4000 }
  small: { models: [openai/gpt-4o-mini], features: [summary], maxOutputTokens: 4000 }
tenants:
  acme: { tier: first }
  bolt: { tier: second }
  cube: { tier: small }
`;

let folder: string;
let app: App;
beforeAll(async () => {
  folder = await makeFolder();
  app = await openApp(await configIn(folder, tiers));
});
afterAll(async () => {
  await app.close();
  await removeFolder(folder);
});

// Every word that carries content begins with a q and is made up, so that it can come from nowhere but the transcript.
const syllable = fc
  .tuple(fc.constantFrom(..."bdfgklmnprstv".split("")), fc.constantFrom(..."aeio".split("")))
  .map(([consonant, vowel]) => consonant + vowel);
const oddWord = fc.array(syllable, { minLength: 2, maxLength: 3 }).map((parts) => `q${parts.join("")}`);
const oddWords = fc.array(oddWord, { minLength: 2, maxLength: 6 }).map((words) => words.join(" "));
const name = oddWord.map((word) => word.charAt(0).toUpperCase() + word.slice(1));
const remark = fc
  .tuple(fc.constantFrom("The ", "We saw ", "Should I ask ", "# ", "- ", "Waiting for "), oddWords)
  .chain(([head, words]) => fc.constantFrom(".", "?", "!", "").map((end) => head + words + end));

/** A meeting with one commitment and one decision among remarks, in any order. */
const meeting = fc
  .record({
    task: fc.record({ owner: name, what: oddWords }),
    decision: oddWords,
    remarks: fc.array(fc.tuple(name, remark), { maxLength: 8 }),
    chair: name,
  })
  .chain(({ task, decision, remarks, chair }) => {
    const lines = [
      `${task.owner}: I'll send the ${task.what} by Friday.`,
      `${chair}: It was decided to keep the ${decision}.`,
      ...remarks.map(([who, what]) => `${who}: ${what}`),
    ];
    return fc
      .shuffledSubarray(lines, { minLength: lines.length })
      .map((shuffled) => ({ task, decision, transcript: shuffled.join("\n") }));
  });

const oddIn = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .match(/\bq[a-z]+/g)
    ?.filter(isOdd) ?? [];
const isOdd = (word: string): boolean => /^q[^u]/.test(word);
const headingsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map((match) => match[1] ?? "");
const sectionOf = (text: string, heading: string): string =>
  text.split(`## ${heading}\n`)[1]?.split("\n## ")[0]?.trim() ?? "";

async function summaryOf(tenantId: string, transcript: string, features?: readonly string[]): Promise<MeetingSummary> {
  const asked = features === undefined ? {} : { features };
  const result = await summarizeMeeting(app.tenantry, { tenantId, userId: "ann", transcript, ...asked });
  if (result.kind !== "ok") throw new Error(`not summarized: ${JSON.stringify(result)}`);
  return result;
}

describe("summaries of meetings never seen, through the vendors' SDKs", () => {
  test("have exactly the sections asked for, in order, with content of that meeting and of no other", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("acme", "bolt"),
        fc.shuffledSubarray(names, { minLength: 1 }),
        meeting,
        async (tenantId, features, { task, decision, transcript }) => {
          const { summary } = await summaryOf(tenantId, transcript, features);
          const asked = sections.filter(({ feature }) => features.includes(feature));
          expect(headingsOf(summary)).toEqual(asked.map(({ heading }) => heading));

          const said = new Set(oddIn(transcript));
          expect(oddIn(summary).filter((word) => !said.has(word))).toEqual([]);
          const content: Readonly<Record<string, string>> = {
            action_items: `${task.owner} ${task.what}`,
            decisions: decision,
          };
          for (const { feature, heading } of asked) {
            const section = sectionOf(summary, heading);
            expect(section).not.toBe("");
            if (feature === "summary") expect(oddIn(section)).not.toEqual([]);
            const words = new Set(oddIn(section));
            expect(oddIn(content[feature] ?? "").filter((word) => !words.has(word))).toEqual([]);
          }
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  test("have all the tier's sections when none are named, and a section outside the tier is denied", async () => {
    const transcript = "Ann: I'll send the notes by Friday.\nBo: It was decided to keep both regions.";
    expect(headingsOf((await summaryOf("acme", transcript)).summary)).toEqual(sections.map(({ heading }) => heading));
    expect(headingsOf((await summaryOf("cube", transcript)).summary)).toEqual(["Executive Summary"]);
    const billed = app.simulator?.invoice().lines.length;
    const denied = await summarizeMeeting(app.tenantry, { tenantId: "cube", transcript, features: ["decisions"] });
    expect(denied).toMatchObject({ kind: "denied", denial: { code: "feature_not_in_tier" } });
    expect(app.simulator?.invoice().lines.length).toBe(billed);
  });

  test.for(["acme", "bolt"])("tell what the provider billed for %s, token by token", async (tenantId) => {
    const summary = await summaryOf(tenantId, "Ann: I'll send the notes by Friday.\nBo: Agreed.");
    const billed = app.simulator?.invoice().lines.at(-1);
    if (billed === undefined) throw new Error("nothing was billed");
    expect(summary.costUsd).toBe(formatUsd(billed.amountPico));
    const { input, cacheRead, cacheWrite5m, cacheWrite1h, output, reasoning } = billed.tokens;
    const prompt = input + cacheRead + cacheWrite5m + cacheWrite1h;
    const completion = output + reasoning;
    expect(summary.tokenUsage).toEqual({ prompt, completion, total: prompt + completion });
    const usage = summary.lines[0]?.usage?.tokens;
    expect(usage === undefined ? null : inputTokens(usage) + outputTokens(usage)).toBe(prompt + completion);
    expect(summary.latencyMs).toBeGreaterThan(0);
  });
});
