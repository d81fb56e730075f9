import { withEverythingStopped } from "./bench-gateway.ts";
import { openInstallation } from "./contenders.ts";
import { startLoadGenerator } from "./load-generator.ts";
import { planOf } from "./measures.ts";
import { printBusiest } from "./print-profile.ts";

const lengths = { oneClientMs: 0, manyClientsMs: 8_000, burstMs: 5_000, streams32Ms: 0, streams256Ms: 0, paceMs: 50 };

/** Where the gateway's own time goes: V8's CPU profile of (c) at 32 clients, by package and by function. */
export async function profileGateway(): Promise<void> {
  for (const measure of ["manyClients", "burst"] as const) {
    await withEverythingStopped(async (processes, folder) => {
      const tenantryNodeOptions = ["--cpu-prof", "--cpu-prof-interval=250", `--cpu-prof-dir=${folder}`];
      const installation = await openInstallation(
        processes,
        { folder, seededCalls: 1, withPortkey: false, tenantryNodeOptions },
        console.log,
      );
      const load = await startLoadGenerator(processes, "load generator");
      const tenantry = installation.contenders.find(({ id }) => id === "tenantry");
      if (tenantry === undefined || tenantry.server === null) return;
      await load.run(planOf(measure, tenantry.target, { ...lengths, manyClientsMs: 1_000, burstMs: 1_000 }));
      const beforeMs = await tenantry.server.cpuMs();
      const result = await load.run(planOf(measure, tenantry.target, lengths));
      const usedMs = (await tenantry.server.cpuMs()) - beforeMs;
      await tenantry.server.stop();
      const title = measure === "burst" ? "streams of 50 pieces" : "whole answers";
      await printBusiest(`${title}: ${((usedMs * 1000) / result.answered).toFixed(0)} µs of CPU each`, folder);
    });
  }
}
