import type { Log, LogFields } from "@tenantry/core";

export type LogLevel = "info" | "warn" | "error";

export interface JsonLogOptions {
  /** Takes one line, newline included. Default: standard error. What it throws is swallowed, for a log never fails. */
  readonly write?: (line: string) => void;
  /** The least that is written. Default `info`. */
  readonly level?: LogLevel;
  /** Time of an entry, epoch ms. Default: the machine's clock. */
  readonly now?: () => number;
}

const ranks: Readonly<Record<LogLevel, number>> = { info: 0, warn: 1, error: 2 };

/**
 * One JSON object a line: `time` (ISO 8601, UTC), `level`, `event`, then the fields. A field named like one of those
 * three is written as `fields.<name>`; a number that JSON has no word for is written as text.
 */
export function createJsonLog(options: JsonLogOptions = {}): Log {
  const write = options.write ?? ((line) => void process.stderr.write(line));
  const least = ranks[options.level ?? "info"];
  const now = options.now ?? Date.now;
  const entry =
    (level: LogLevel) =>
    (event: string, fields: LogFields): void => {
      if (ranks[level] < least) return;
      try {
        write(`${JSON.stringify({ time: new Date(now()).toISOString(), level, event, ...apart(fields) })}\n`);
      } catch {
        // A full disk or a closed pipe must not fail the call that is being logged (R9).
      }
    };
  return { info: entry("info"), warn: entry("warn"), error: entry("error") };
}

/** The fields as they are, for nearly every entry: there is one for every request. */
function apart(fields: LogFields): LogFields {
  return Object.keys(fields).some((name) => isOurs(name) || isUnspeakable(fields[name])) ? renamed(fields) : fields;
}

function renamed(fields: LogFields): LogFields {
  const entries = Object.entries(fields).map(([name, value]) => [
    isOurs(name) ? `fields.${name}` : name,
    isUnspeakable(value) ? String(value) : value,
  ]);
  return Object.fromEntries(entries) as LogFields;
}

function isOurs(name: string): boolean {
  return name === "time" || name === "level" || name === "event";
}

function isUnspeakable(value: LogFields[string] | undefined): boolean {
  return typeof value === "number" && !Number.isFinite(value);
}
