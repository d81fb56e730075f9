/** A part of a meeting's summary, sold as a feature of a tier. */
export interface Section {
  /** Name of the feature that buys it. */
  readonly feature: string;
  readonly heading: string;
  /** What it should look like. */
  readonly form: string;
}

/** All sections, in the order they are written. */
export const sections: readonly Section[] = [
  { feature: "summary", heading: "Executive Summary", form: "2-3 paragraphs" },
  { feature: "action_items", heading: "Action Items", form: "numbered list" },
  { feature: "decisions", heading: "Key Decisions Made", form: "bulleted list" },
  { feature: "custom_reports", heading: "Recommendations for Follow-up", form: "bulleted list" },
];

/** The sections these features buy. */
export function sectionsFor(features: readonly string[]): readonly Section[] {
  return sections.filter((section) => features.includes(section.feature));
}
