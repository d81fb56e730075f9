/** One step of the schema. Never edited once released; a change is a new step. */
export interface Migration {
  /** Whole, from 1; a file that has this version has all below it. */
  readonly version: number;
  readonly sql: string;
}
