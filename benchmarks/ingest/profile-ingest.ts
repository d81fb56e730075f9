import { withEverythingStopped } from "../gateway/bench-gateway.ts";
import { printBusiest } from "../gateway/print-profile.ts";
import { openIngestInstallation } from "./installation.ts";
import { shapes } from "./made-spans.ts";
import { createSent } from "./sent.ts";
import { startSender } from "./sender.ts";

const spansOfBatch = 512;
const batches = 120;
const rhythm = { kind: "inFlight", requests: 3 } as const;

/** Where the main thread's time goes while spans come in: V8's CPU profile, by package and by function. */
export async function profileIngest(): Promise<void> {
  for (const shape of shapes) {
    await withEverythingStopped(async (processes, folder) => {
      const nodeOptions = ["--cpu-prof", "--cpu-prof-interval=250", `--cpu-prof-dir=${folder}`];
      const { server, ingestKey: key } = await openIngestInstallation(processes, { folder, nodeOptions });
      const sender = await startSender(processes);
      const sent = createSent();
      const send = async (many: number): Promise<number> => {
        const whose = { origin: server.origin, key, firstTrace: sent.nextTrace };
        await sender.prepare({
          ...whose,
          encoding: "protobuf",
          shape,
          batches: many,
          spansOfBatch,
          durationMs: null,
          rhythm,
        });
        const { spans } = await sender.send();
        sent.add(shape, spans);
        return spans;
      };
      await send(20);
      const beforeMs = await server.mainThreadMs();
      const spans = await send(batches);
      const usedMs = (await server.mainThreadMs()) - beforeMs;
      await server.stop();
      await printBusiest(`${shape}: ${((usedMs * 1000) / spans).toFixed(1)} µs of the main thread a span`, folder);
    });
  }
}
