import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
    lines: { type: "string", default: "10000000" },
    file: { type: "string" },
  },
});
const [what = "all"] = positionals;

console.log(
  `Node ${process.version}, ${availableParallelism()} cores; medians of interleaved rounds, ratios to the first line`,
);
try {
  await run();
} catch (error) {
  console.error(`the benchmark stopped: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function run(): Promise<void> {
  switch (what) {
    case "all": {
      const { benchPureFunctions } = await import("./pure-functions.ts");
      const { benchAdmitAndSettle } = await import("./admit-and-settle.ts");
      const { benchMeteredCall } = await import("./metered-call.ts");
      await benchPureFunctions();
      await benchAdmitAndSettle();
      await benchMeteredCall();
      break;
    }
    case "gateway": {
      const { benchGateway } = await import("./gateway/bench-gateway.ts");
      const { profileGateway } = await import("./gateway/profile-gateway.ts");
      await (values.profile ? profileGateway() : benchGateway({ isQuick: values.quick }));
      break;
    }
    case "ledger": {
      const { benchLedger } = await import("./ledger/bench-ledger.ts");
      const lines = values.quick ? 200_000 : Number(values.lines);
      await benchLedger({ lines, file: values.file ?? null });
      break;
    }
    case "ingest": {
      const { benchIngest } = await import("./ingest/bench-ingest.ts");
      const { profileIngest } = await import("./ingest/profile-ingest.ts");
      await (values.profile ? profileIngest() : benchIngest({ isQuick: values.quick }));
      break;
    }
    default:
      console.error(
        `there is no benchmark ${JSON.stringify(what)}: leave it out for all in process, or say gateway, ledger or ingest`,
      );
      process.exitCode = 2;
  }
}
