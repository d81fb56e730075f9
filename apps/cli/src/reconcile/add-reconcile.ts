import { type Command, Option } from "commander";
import type { ReconcileOptions } from "../commands/reconcile.ts";
import type { Context } from "../context.ts";

type Run = (
  work: (context: Context, options: ReconcileOptions) => Promise<number>,
) => (options: ReconcileOptions) => Promise<void>;

/** `tenantry reconcile`. */
export function addReconcile(program: Command, run: Run): void {
  program
    .command("reconcile")
    .description("hold the ledger against a provider's usage or cost export; exit code 4 on an unexplained difference")
    .requiredOption("--provider <provider>", "whose export it is: openai, anthropic or simulator")
    .requiredOption("--invoice <file>", "the export, JSON or CSV; - is standard input")
    .option("--from <day>", "first day in UTC (default: the export's)")
    .option("--to <day>", "end in UTC, not included (default: the export's)")
    .option("--key <id...>", "provider's keys Tenantry calls with, as id or id=connection; all others are untracked")
    .option("--ignore <names>", "undocumented fields or columns to leave out, separated by commas")
    .option("--settle", "write what the invoice says of attempts of unknown or estimated cost into the ledger, first")
    .option("--book-unattributed", "write what belongs to no tenant into the ledger, under (unattributed)")
    .addOption(
      new Option(
        "--allocate [unattributed]",
        "split the invoice among the tenants, differences by largest remainder; what belongs to none is kept apart, or falls on all",
      )
        .choices(["keep", "all"])
        .preset("keep"),
    )
    .action(
      run(
        async (context, options) => await (await import("../commands/reconcile.ts")).reconcileCommand(context, options),
      ),
    );
}
