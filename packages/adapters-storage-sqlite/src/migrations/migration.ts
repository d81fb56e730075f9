/** One step of the schema. Never edited once released; a change is a new step. */
export interface Migration {
  /** From 1, ascending. */
  readonly version: number;
  readonly sql: string;
}
