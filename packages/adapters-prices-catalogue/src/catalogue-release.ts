/** Which figures this package ships. A test holds it against the installed package. */
export const catalogueRelease = {
  /** https://github.com/pydantic/genai-prices, MIT; the data is inside the package. */
  package: "@pydantic/genai-prices",
  version: "0.1.8",
  /** When that version was published. */
  date: "2026-09-23",
  /** Raised whenever what we add to it (batch-prices.ts) changes, so that no price id ever names other figures. */
  edition: 1,
} as const;

/** Begins the id of every catalogue price. */
export const catalogueSource: string = `genai-prices@${catalogueRelease.version}+${catalogueRelease.edition}`;

/** For people: package, version and date. */
export const catalogueVersion: string = `${catalogueSource} (${catalogueRelease.date})`;
