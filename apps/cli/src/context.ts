import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type App,
  type Books,
  type Config,
  createJsonLog,
  loadConfig,
  openApp,
  openBooks,
  type OpenOptions,
} from "@tenantry/composition";
import { type Log, silentLog } from "@tenantry/core";
import { type Format, renderReport, type Report } from "./output/report.ts";

/** Options every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly format?: Format;
  readonly verbose?: boolean;
}

/** What commands read from and write to. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: () => Promise<string>;
  out(text: string): void;
  err(text: string): void;
  /** Whether `err` is watched by a person: progress is shown only then. */
  readonly interactive: boolean;
}

/** One run of a command. */
export interface Context {
  readonly terminal: Terminal;
  readonly format: Format;
  config(): Promise<Config>;
  /** Runs with the books open for reading, and closes them whatever happens. */
  withBooks<Result>(work: (books: Books) => Promise<Result>): Promise<Result>;
  /** Runs with everything open for calls, and closes it whatever happens. */
  withApp<Result>(options: Omit<OpenOptions, "log">, work: (app: App) => Promise<Result>): Promise<Result>;
  print(report: Report): void;
}

/** The configuration that comes with the repository, used where there is no other. */
export const exampleConfig: string = fileURLToPath(
  new URL("../../../examples/meetingmind/tenantry.yaml", import.meta.url),
);

export function createContext(terminal: Terminal, options: GlobalOptions): Context {
  const log: Log = options.verbose === true ? createJsonLog() : silentLog;
  const format = options.format ?? "table";
  const config = async (): Promise<Config> =>
    await loadConfig({
      path:
        options.config ??
        terminal.env["TENANTRY_CONFIG"] ??
        (existsSync("tenantry.yaml") ? "tenantry.yaml" : exampleConfig),
      env: terminal.env,
      ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    });
  return {
    terminal,
    format,
    config,
    withBooks: async (work) => await closing(await openBooks(await config(), { log }), work),
    withApp: async (open, work) => await closing(await openApp(await config(), { ...open, log }), work),
    print: (report) => terminal.out(renderReport(report, format)),
  };
}

async function closing<Opened extends Books, Result>(
  opened: Opened,
  work: (opened: Opened) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}
