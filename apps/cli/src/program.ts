import { Command, CommanderError, Option } from "commander";
import { TenantryError } from "@tenantry/core";
import { addAdministration, type Run } from "./add-administration.ts";
import type { ListCallsOptions } from "./commands/calls.ts";
import type { SettleAttemptOptions } from "./commands/settle-attempt.ts";
import type { SlaReportOptions } from "./commands/sla-report.ts";
import type { SummarizeOptions } from "./commands/summarize.ts";
import type { UsageReportOptions } from "./commands/usage-report.ts";
import { createContext, exampleConfig, type GlobalOptions, type Terminal } from "./context.ts";
import { exitCodeOf } from "./exit-code.ts";
import { helpEpilogue } from "./help-text.ts";
import { escapeTerminal } from "./output/escape-text.ts";
import { addReconcile } from "./reconcile/add-reconcile.ts";
import { version } from "./version.ts";

/** Runs one command line (without the program's own name) and tells its exit code. Never throws. */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  const state = { exitCode: 0 };
  const program = createProgram(terminal, (exitCode) => {
    state.exitCode = exitCode;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return state.exitCode;
  } catch (thrown) {
    return fail(terminal, thrown, program.opts<GlobalOptions>().verbose === true);
  }
}

/** The whole command line. `done` is given the exit code of the command that ran. */
export function createProgram(terminal: Terminal, done: (exitCode: number) => void): Command {
  const helpWidth = (): number => terminal.width ?? 80;
  const program = new Command("tenantry")
    .description(
      "What every customer's AI usage costs, kept inside the limits they bought, with proof of the service level.",
    )
    .version(version, "-V, --version", "print the version")
    .option(
      "-c, --config <file>",
      "configuration (default: $TENANTRY_CONFIG, ./tenantry.yaml, else the MeetingMind example)",
    )
    .option("--data-dir <dir>", "where the ledger lives (default: $TENANTRY_DATA_DIR, else .tenantry)")
    .addOption(new Option("-f, --format <format>", "output").choices(["table", "json", "csv"]).default("table"))
    .option("-v, --verbose", "write the log to stderr, one JSON object a line")
    .helpOption("-h, --help", "show this help, or that of a command")
    .addHelpText("after", helpEpilogue())
    .showHelpAfterError("run with --help for all commands and options")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(escapeTerminal(text)),
      writeErr: (text) => terminal.err(escapeTerminal(text)),
      getOutHelpWidth: helpWidth,
      getErrHelpWidth: helpWidth,
    });

  // A command is loaded when it runs: help and wrong command lines answer at once.
  const run: Run =
    (work) =>
    async (...args) =>
      done(await work(createContext(terminal, program.opts<GlobalOptions>()), ...args));

  program
    .command("demo")
    .description("three customers, three meetings, every promise shown; needs no key and no service")
    .action(async () => {
      const { demo } = await import("./demo/demo.ts");
      const options = program.opts<GlobalOptions>();
      done(await demo(createContext(terminal, { ...options, config: options.config ?? exampleConfig })));
    });
  addSummarize(program, run);
  addReports(program, run);
  addCalls(program, run);
  addReconcile(program, run);
  addAdministration(program, run);
  program
    .command("doctor")
    .description("check the configuration and the store, and say who answers calls")
    .action(run(async (context) => await (await import("./commands/doctor.ts")).doctor(context)));
  return program;
}

function addSummarize(program: Command, run: Run): void {
  program
    .command("summarize")
    .description("summarize a meeting for a tenant, in the sections their tier has")
    .argument("[file]", "transcript; - or a pipe is standard input")
    .requiredOption("-t, --tenant <id>", "tenant")
    .option("-u, --user <id>", "user")
    .option("-s, --session <id>", "session")
    .option("--features <names>", "sections, separated by commas (default: all the tier has)")
    .action(
      run(async (context, file: string | undefined, options: SummarizeOptions) => {
        const { summarize } = await import("./commands/summarize.ts");
        return await summarize(context, file, options);
      }),
    );
}

function withPeriod(command: Command): Command {
  return command
    .option(
      "--period <period>",
      "today, yesterday, this-week, last-week, this-month, last-month, this-year, last-year, or a duration such as 24h (default: 30d)",
    )
    .option("--from <instant>", "begin, such as 2026-11-01 or 2026-11-01T12:00:00Z")
    .option("--to <instant>", "end, not included (default: now)")
    .option("--time-zone <zone>", "zone in which days, months and dates begin (default: UTC)");
}

function addReports(program: Command, run: Run): void {
  const usage = program.command("usage").description("what was used and what it cost");
  withPeriod(usage.command("report"))
    .description("calls, tokens, cost, charge and margin")
    .option(
      "--by <dimensions>",
      "tenant, user, session, feature, feature-used, model, day, month; several with commas",
      "tenant",
    )
    .option("-t, --tenant <id>", "only this tenant")
    .option("-u, --user <id>", "only this user")
    .option("-s, --session <id>", "only this session")
    .option("--feature <name>", "only calls for this feature")
    .addOption(
      new Option("--source <source>", "netra: what Netra counted for each tenant, beside the ledger")
        .choices(["ledger", "netra"])
        .default("ledger"),
    )
    .option("--fail-on-negative-margin", "exit code 4 when a row's charges are below its costs")
    .action(
      run(async (context, options: UsageReportOptions) => {
        const { usageReport } = await import("./commands/usage-report.ts");
        return await usageReport(context, options);
      }),
    );
  const sla = program.command("sla").description("whether customers got the service level they were promised");
  withPeriod(sla.command("report"))
    .description("share of good calls and measured quantile per objective; exit code 4 on a breach")
    .option("-t, --tenant <id>", "only this tenant")
    .action(
      run(async (context, options: SlaReportOptions) => {
        const { slaReport } = await import("./commands/sla-report.ts");
        return await slaReport(context, options);
      }),
    );
}

function addCalls(program: Command, run: Run): void {
  const calls = program.command("calls").description("single calls");
  withPeriod(calls.command("list"))
    .description("the latest calls and what became of them")
    .option("-t, --tenant <id>", "only this tenant")
    .option("-s, --session <id>", "only this session")
    .option("--limit <count>", "how many, at most 1000 (default: 20)")
    .option("--cursor <cursor>", "go on where an earlier list ended")
    .action(
      run(async (context, options: ListCallsOptions) => {
        const { listCalls } = await import("./commands/calls.ts");
        return await listCalls(context, options);
      }),
    );
  calls
    .command("settle")
    .description(
      "say what an attempt used or cost, where the ledger does not know; replaces its line, never adds to it",
    )
    .argument("<call>", "id of the call")
    .argument("[attempt]", "id of the attempt (default: the one that is not measured)")
    .option("--cost-usd <amount>", "what the provider billed for it")
    .option("--usage <counts>", "tokens by class, such as input=1200,output=80; alone it is priced as of then")
    .option("--estimated", "somebody counted it; without this the provider said so")
    .option("--replaces <line>", "the line in force, where it is wrong; then it is replaced whatever it says")
    .option("--by <who>", "who says so (default: operator)")
    .action(
      run(async (context, callId: string, attemptId: string | undefined, options: SettleAttemptOptions) => {
        const { settleCallAttempt } = await import("./commands/settle-attempt.ts");
        return await settleCallAttempt(context, callId, attemptId, options);
      }),
    );
  program
    .command("explain")
    .description("how a call's cost came about, to be checked by hand")
    .argument("<call>", "id of the call")
    .action(
      run(async (context, callId: string) => await (await import("./commands/explain.ts")).explain(context, callId)),
    );
}

function fail(terminal: Terminal, thrown: unknown, verbose: boolean): number {
  // Commander has already written its message; help and version are no failure.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
  const error = TenantryError.from(thrown);
  terminal.err(`error (${error.code}): ${escapeTerminal(error.message)}\n`);
  if (error.code === "internal") {
    const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
    terminal.err(verbose ? `${escapeTerminal(stack)}\n` : "this is a fault of tenantry's own; --verbose shows where\n");
  }
  return exitCodeOf(error.code);
}
