/** One step of the schema. Never edited once released; a change is a new step. */
export interface Migration {
  /** Ascending. A number may be missing; the file's version is that of the last step. */
  readonly version: number;
  readonly sql: string;
}
