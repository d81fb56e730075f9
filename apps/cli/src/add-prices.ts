import { type Command, Option } from "commander";
import type { Run } from "./add-administration.ts";
import type { ImportPricesOptions } from "./commands/import-prices.ts";
import type { ListPricesOptions } from "./commands/prices.ts";
import type { RepriceOptions } from "./commands/reprice.ts";

/** Commands about what models cost, and what they cost at the time. */
export function addPrices(program: Command, run: Run): void {
  const prices = program.command("prices").description("what models cost, and since when we know it");
  prices
    .command("list")
    .description("prices of the tiers' models, and the book they are from")
    .option("--all", "every price known")
    .option("--editions", "the imports instead, newest first")
    .action(
      run(async (context, options: ListPricesOptions) => {
        const { listPrices } = await import("./commands/prices.ts");
        return await listPrices(context, options);
      }),
    );
  prices
    .command("show")
    .description("every figure of one model's price")
    .argument("<model>", "as provider/model")
    .action(
      run(async (context, model: string) => await (await import("./commands/prices.ts")).showPrice(context, model)),
    );
  prices
    .command("diff")
    .description("what differs between two editions, through time")
    .argument("<before>", "version of an edition; 0 is the book without any")
    .argument("[after]", "version of another (default: the one in force)")
    .action(
      run(async (context, before: string, after: string | undefined) => {
        const { diffEditions } = await import("./commands/diff-prices.ts");
        return await diffEditions(context, before, after);
      }),
    );
  addImport(prices, run);
  prices
    .command("pin")
    .description("keep an edition in force whatever is imported; everywhere within a second")
    .argument("<version>", "version of an edition; 0 is the book without any")
    .action(
      run(async (context, version: string) => await (await import("./commands/pin-prices.ts")).pin(context, version)),
    );
  prices
    .command("unpin")
    .description("put the latest edition in force again")
    .action(run(async (context) => await (await import("./commands/pin-prices.ts")).unpin(context)));
  addReprice(program, run);
}

function addImport(prices: Command, run: Run): void {
  prices
    .command("import")
    .description(
      "compare a file of prices with the book in force; with --apply, put it in force. Exit code 4 when a figure is out of bounds",
    )
    .argument("<file>", "the prices; - is standard input")
    .addOption(
      new Option("--as <format>", "LiteLLM's map, the data of genai-prices, or a price file as in the configuration")
        .choices(["litellm", "genai-prices", "yaml"])
        .makeOptionMandatory(),
    )
    .option("--apply", "record the edition and put it in force (default: only show the difference)")
    .option("--accept <model...>", "take what is out of bounds for this model")
    .option(
      "--from <instant>",
      "since when prices hold that have no period (default: now; since ever for yaml and genai-prices)",
    )
    .option("--provider <name...>", "providers of the source, as name or name=ours (default: openai anthropic)")
    .option("--ignore <field...>", "fields that never apply, although they may bill something")
    .option("--replace", "drop what earlier imports said (default: this one goes over them)")
    .action(
      run(async (context, file: string, options: ImportPricesOptions) => {
        const { importPrices } = await import("./commands/import-prices.ts");
        return await importPrices(context, file, options);
      }),
    );
}

function addReprice(program: Command, run: Run): void {
  program
    .command("reprice")
    .description("lay the book in force over past lines: shows the difference per tenant, then appends corrections")
    .requiredOption("--from <instant>", "begin, such as 2026-11-01 or 2026-11-01T12:00:00Z")
    .requiredOption("--to <instant>", "end, not included")
    .option("-t, --tenant <id>", "only this tenant")
    .option("--dry-run", "show the difference and append nothing")
    .option("--time-zone <zone>", "zone in which dates begin (default: UTC)")
    .action(
      run(async (context, options: RepriceOptions) => {
        const { repriceCommand } = await import("./commands/reprice.ts");
        return await repriceCommand(context, options);
      }),
    );
}
