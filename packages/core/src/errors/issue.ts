/** One problem in something a person wrote, with the place where it is. */
export interface Issue {
  /** Where: `tiers.starter.limits[0].calls`. Empty for the whole document. */
  readonly path: string;
  /** What is wrong and how to mend it. */
  readonly message: string;
}

/** All issues as lines a person can work through: `path: message`. */
export function formatIssues(issues: readonly Issue[]): string {
  return issues.map((issue) => (issue.path === "" ? issue.message : `${issue.path}: ${issue.message}`)).join("\n");
}
