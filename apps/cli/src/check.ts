/** One thing `tenantry doctor` looked at. */
export interface Check {
  readonly check: string;
  readonly state: "ok" | "note" | "problem";
  readonly detail: string;
}
