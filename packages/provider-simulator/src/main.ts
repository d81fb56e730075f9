import { parseArgs } from "node:util";
import { startProviderSimulator } from "./provider-simulator.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    seed: { type: "string", default: "1" },
  },
});

const simulator = await startProviderSimulator({
  port: Number(values.port),
  seed: Number(values.seed),
});
process.stdout.write(`${JSON.stringify({ url: simulator.url })}\n`);

const stop = (): void => {
  void simulator.close();
};
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
