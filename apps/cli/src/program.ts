import { Command, Option } from "commander";
import { TenantryError } from "@tenantry/core";
import { doctor } from "./commands/doctor.ts";
import { explain } from "./commands/explain.ts";
import { listPrices, showPrice } from "./commands/prices.ts";
import { slaReport, type SlaReportOptions } from "./commands/sla-report.ts";
import { summarize, type SummarizeOptions } from "./commands/summarize.ts";
import { listTenants, showTenant } from "./commands/tenants.ts";
import { usageReport, type UsageReportOptions } from "./commands/usage-report.ts";
import { type Context, createContext, exampleConfig, type GlobalOptions, type Terminal } from "./context.ts";
import { demo } from "./demo/demo.ts";
import { exitCodeOf } from "./exit-code.ts";
import { escapeTerminal } from "./output/escape-text.ts";

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
    return fail(terminal, thrown);
  }
}

function createProgram(terminal: Terminal, done: (exitCode: number) => void): Command {
  const program = new Command("tenantry")
    .description(
      "What every customer's AI usage costs, kept inside the limits they bought, with proof of the service level.",
    )
    .option(
      "-c, --config <file>",
      "configuration (default: $TENANTRY_CONFIG, ./tenantry.yaml, else the MeetingMind example)",
    )
    .option("--data-dir <dir>", "where the ledger lives (default: $TENANTRY_DATA_DIR, else .tenantry)")
    .addOption(new Option("-f, --format <format>", "output").choices(["table", "json", "csv"]).default("table"))
    .option("-v, --verbose", "write the log to stderr, one JSON object a line")
    .showHelpAfterError("run with --help for all commands and options")
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err });

  const run =
    <Args extends unknown[]>(work: (context: Context, ...args: Args) => Promise<number>) =>
    async (...args: Args): Promise<void> =>
      done(await work(createContext(terminal, program.opts<GlobalOptions>()), ...args));

  program
    .command("demo")
    .description("three customers, three meetings, every promise shown; needs no key and no service")
    .action(async () => {
      const options = program.opts<GlobalOptions>();
      done(await demo(createContext(terminal, { ...options, config: options.config ?? exampleConfig })));
    });
  program
    .command("summarize")
    .description("summarize a meeting for a tenant, in the sections their tier has")
    .argument("[file]", "transcript; - or nothing reads standard input")
    .requiredOption("-t, --tenant <id>", "tenant")
    .option("-u, --user <id>", "user")
    .option("-s, --session <id>", "session")
    .option("--features <names>", "sections, separated by commas (default: all the tier has)")
    .action(run((context, file: string | undefined, options: SummarizeOptions) => summarize(context, file, options)));
  addUsage(program, run);
  addTenantsAndPrices(program, run);
  program
    .command("explain")
    .description("how a call's cost came about, to be checked by hand")
    .argument("<call>", "id of the call")
    .action(run((context, callId: string) => explain(context, callId)));
  program
    .command("doctor")
    .description("check the configuration, the store and the connections")
    .action(run((context) => doctor(context)));
  return program;
}

type Run = <Args extends unknown[]>(
  work: (context: Context, ...args: Args) => Promise<number>,
) => (...args: Args) => Promise<void>;

function addUsage(program: Command, run: Run): void {
  const periodHelp =
    "today, yesterday, this-month, last-month, this-week, last-week, or a duration such as 24h (default: 30d)";
  program
    .command("usage")
    .description("what was used and what it cost")
    .command("report")
    .description("calls, tokens, cost and charge")
    .option(
      "--by <dimensions>",
      "tenant, user, session, feature, feature-used, model, day, month; several with commas",
      "tenant",
    )
    .option("--period <period>", periodHelp)
    .option("--from <instant>", "begin, such as 2026-11-01 or 2026-11-01T12:00:00Z")
    .option("--to <instant>", "end, not included (default: now)")
    .option("--time-zone <zone>", "zone in which days and months begin (default: UTC)")
    .option("-t, --tenant <id>", "only this tenant")
    .option("-u, --user <id>", "only this user")
    .option("-s, --session <id>", "only this session")
    .option("--feature <name>", "only this feature")
    .action(run((context, options: UsageReportOptions) => usageReport(context, options)));
  program
    .command("sla")
    .description("whether customers got the service level they were promised")
    .command("report")
    .description("share of good calls and measured quantile per objective; exit code 4 on a breach")
    .option("--period <period>", periodHelp)
    .option("--from <instant>", "begin")
    .option("--to <instant>", "end, not included (default: now)")
    .option("-t, --tenant <id>", "only this tenant")
    .action(run((context, options: SlaReportOptions) => slaReport(context, options)));
}

function addTenantsAndPrices(program: Command, run: Run): void {
  const tenants = program.command("tenants").description("customers and what they bought");
  tenants
    .command("list")
    .description("all tenants")
    .action(run((context) => listTenants(context)));
  tenants
    .command("show")
    .description("one tenant: tier, limits and where they stand")
    .argument("<tenant>", "id of the tenant")
    .action(run((context, tenantId: string) => showTenant(context, tenantId)));
  const prices = program.command("prices").description("what models cost");
  prices
    .command("list")
    .description("prices of the tiers' models")
    .option("--all", "every price known")
    .action(run((context, options: { all?: boolean }) => listPrices(context, options)));
  prices
    .command("show")
    .description("every figure of one model's price")
    .argument("<model>", "as provider/model")
    .action(run((context, model: string) => showPrice(context, model)));
}

function fail(terminal: Terminal, thrown: unknown): number {
  // Commander has already written its message; help and version are no failure.
  if (thrown instanceof Error && "exitCode" in thrown && "code" in thrown && !TenantryError.is(thrown)) {
    return thrown.exitCode === 0 ? 0 : 2;
  }
  const error = TenantryError.from(thrown);
  terminal.err(`error (${error.code}): ${error.message.split("\n").map(escapeTerminal).join("\n")}\n`);
  return exitCodeOf(error.code);
}
