/** Structured fields of a log entry: ids, counts and codes; never content, keys or secrets (R10). */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** Where operators read what happened. Never throws, never blocks. */
export interface Log {
  info(event: string, fields: LogFields): void;
  warn(event: string, fields: LogFields): void;
  error(event: string, fields: LogFields): void;
}

/** A log that forgets. */
export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };
