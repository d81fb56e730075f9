import { describe, expect, it } from "vitest";
import { type MeetingInput, type MeetingResult, sections, summarizeMeeting } from "../src/index.ts";
import { aDesk, askedOf, type Desk, transcript } from "./desk.ts";

const names = sections.map(({ feature }) => feature);
const headings: Readonly<Record<string, string>> = {
  summary: "Executive Summary",
  action_items: "Action Items",
  decisions: "Key Decisions Made",
  custom_reports: "Recommendations for Follow-up",
};
const headingsOf = (features: readonly string[]): readonly string[] =>
  Object.entries(headings).flatMap(([feature, heading]) => (features.includes(feature) ? [heading] : []));

/** Every combination of features but the empty one. */
const combinations = Array.from({ length: 2 ** names.length - 1 }, (_, bits) =>
  names.filter((_name, index) => (((bits + 1) >> index) & 1) === 1),
);

async function summarize(desk: Desk, input: Partial<MeetingInput> = {}): Promise<MeetingResult> {
  return await summarizeMeeting(desk.tenantry, { tenantId: "tenant-a", transcript, ...input });
}

describe("the sections of a summary", () => {
  it("are those of the four features, in the order of the catalogue", () => {
    expect(sections.map(({ feature, heading }) => [feature, heading])).toEqual(Object.entries(headings));
    expect(combinations).toHaveLength(15);
  });

  it.for(combinations)("are exactly what a tier with %s has", async (...[features]) => {
    const desk = aDesk({ tier: { features: features.toReversed() } });
    const result = await summarize(desk);
    expect(askedOf(desk)).toEqual([headingsOf(features)]);
    expect(result).toMatchObject({ kind: "ok", features });
  });

  it.for(combinations)("are exactly what was asked for of a tier that has all: %s", async (...[features]) => {
    const desk = aDesk({ tier: { features: names } });
    const result = await summarize(desk, { features: [...features.toReversed(), ...features] });
    expect(askedOf(desk)).toEqual([headingsOf(features)]);
    expect(result).toMatchObject({ kind: "ok", features, record: { featuresUsed: features.toSorted() } });
  });

  it.for(combinations)(
    "are denied when one of them is outside a tier with %s, and nothing is sent",
    async (...[has]) => {
      for (const feature of names.filter((name) => !has.includes(name))) {
        const desk = aDesk({ tier: { features: has } });
        const result = await summarize(desk, { features: [...has, feature] });
        expect(result).toMatchObject({ kind: "denied", denial: { code: "feature_not_in_tier", retryAfterMs: null } });
        expect(result.kind === "denied" && result.denial.message).toContain(feature);
        expect(desk.model.sent).toEqual([]);
      }
    },
  );

  it("follow a tenant's own features, not those of the tier", async () => {
    const desk = aDesk({ tier: { features: names }, tenant: { overrides: { features: ["decisions"] } } });
    await summarize(desk);
    expect(askedOf(desk)).toEqual([["Key Decisions Made"]]);
    expect(await summarize(desk, { features: ["summary"] })).toMatchObject({ kind: "denied" });
  });

  it("leave out features that are no section", async () => {
    const desk = aDesk({ tier: { features: ["summary", "priority_support"] } });
    expect(await summarize(desk)).toMatchObject({ kind: "ok", features: ["summary"] });
    const result = await summarize(desk, { features: ["priority_support", "summary"] });
    expect(result).toMatchObject({ features: ["summary"], record: { featuresUsed: ["priority_support", "summary"] } });
    expect(askedOf(desk)).toEqual([["Executive Summary"], ["Executive Summary"]]);
  });

  it.for([
    ["of a tier without sections", ["priority_support"], undefined],
    ["when none is asked for", names, []],
    ["when only features are asked for that are no section", [...names, "priority_support"], ["priority_support"]],
  ] as const)("are never an empty list: %s that is an invalid request", async ([, has, features]) => {
    const desk = aDesk({ tier: { features: has } });
    await expect(summarize(desk, features === undefined ? {} : { features })).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("features") as string,
    });
    expect(desk.model.sent).toEqual([]);
  });
});
