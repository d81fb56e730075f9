import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { App, Books, Config, OpenOptions } from "@tenantry/composition";
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
  /** Whether `stdin` is a keyboard. Default false. */
  readonly keyboard?: boolean;
  /** Cells in a line of `out`; undefined where it is no terminal, and tables are as wide as they get. */
  readonly width?: number;
}

/** Which configuration is read, and why that one. */
export interface ConfigChoice {
  readonly path: string;
  readonly by: "--config" | "TENANTRY_CONFIG" | "this folder" | "example";
}

export interface BooksOptions {
  /** Whether models without a price are let through: for commands that change the prices. */
  readonly allowUnpriced?: boolean;
}

/** One run of a command. */
export interface Context {
  readonly terminal: Terminal;
  readonly format: Format;
  readonly configChoice: ConfigChoice;
  config(): Promise<Config>;
  /** Runs with the books open for reading, and closes them whatever happens. */
  withBooks<Result>(work: (books: Books) => Promise<Result>, options?: BooksOptions): Promise<Result>;
  /** Runs with everything open for calls, and closes it whatever happens. */
  withApp<Result>(options: Omit<OpenOptions, "log">, work: (app: App) => Promise<Result>): Promise<Result>;
  print(report: Report): void;
}

/** The configuration that comes with the repository, used where there is no other. */
export const exampleConfig: string = fileURLToPath(
  new URL("../../../examples/meetingmind/tenantry.yaml", import.meta.url),
);

export function createContext(terminal: Terminal, options: GlobalOptions): Context {
  const format = options.format ?? "table";
  const configChoice = chooseConfig(terminal.env, options.config);
  // Composition brings in every adapter: only what needs it pays for it.
  const config = async ({ allowUnpriced = false }: BooksOptions = {}): Promise<Config> => {
    const { loadConfig } = await import("@tenantry/composition");
    return await loadConfig({
      path: configChoice.path,
      env: terminal.env,
      allowUnpriced,
      ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    });
  };
  const log = async (): Promise<Log> =>
    options.verbose === true ? (await import("@tenantry/composition")).createJsonLog() : silentLog;
  return {
    terminal,
    format,
    configChoice,
    config: async () => await config(),
    withBooks: async (work, booksOptions) => {
      const { openBooks } = await import("@tenantry/composition");
      const loaded = await config(booksOptions);
      const open = { log: await log() };
      return await closing(await openBooks(loaded, open), work);
    },
    withApp: async (open, work) => {
      const { openApp } = await import("@tenantry/composition");
      const loaded = await config();
      const all = { ...open, log: await log() };
      return await closing(await openApp(loaded, all), work);
    },
    print: (report) => terminal.out(renderReport(report, format, terminal.width)),
  };
}

function chooseConfig(env: Terminal["env"], given: string | undefined): ConfigChoice {
  if (given !== undefined) return { path: given, by: "--config" };
  const named = env["TENANTRY_CONFIG"];
  if (named !== undefined && named !== "") return { path: named, by: "TENANTRY_CONFIG" };
  if (existsSync("tenantry.yaml")) return { path: "tenantry.yaml", by: "this folder" };
  return { path: exampleConfig, by: "example" };
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
