import { once } from "node:events";
import { expect, test } from "vitest";
import { freshFolder, startServer } from "../support/served-process.ts";
import { jsonExport } from "./export-body.ts";
import { sendExport } from "./installation.ts";
import { exported, llmSpan } from "./spans.ts";

const adminKey = "an-admin-key-of-the-tests";
const tenantId = "techstart-inc";

/** What the ledger has of the tenant, over HTTP. */
async function booked(url: string): Promise<{ readonly calls: number; readonly costUsd: string }> {
  const answer = await fetch(`${url}/api/v1/usage?tenantId=${tenantId}&from=2000-01-01`, {
    headers: { "x-api-key": adminKey },
  });
  const { total } = (await answer.json()) as { total: { calls: number; costUsd: string } };
  return { calls: total.calls, costUsd: total.costUsd };
}

test(
  "killed between a batch and its answer: the exporter sends it again, and nothing is there twice",
  { timeout: 120_000 },
  async () => {
    const folder = await freshFolder();
    const bodies = Array.from({ length: 6 }, () => {
      const spans = Array.from({ length: 400 }, () => llmSpan({ tenantId }));
      return jsonExport(exported(spans));
    });
    let wasCut = 0;
    for (let kills = 0; kills < 4; kills += 1) {
      const server = startServer(folder, { TENANTRY_ADMIN_KEY: adminKey });
      const url = await server.address;
      const answers = bodies.map(async (body) => await sendExport({ url }, adminKey, body).catch(() => null));
      // At another moment each time: some parts are durable then, and some are not.
      await new Promise((resolve) => setTimeout(resolve, 20 + 60 * kills));
      server.child.kill("SIGKILL");
      await once(server.child, "close");
      wasCut += (await Promise.all(answers)).filter((answer) => answer === null).length;
    }
    expect(wasCut).toBeGreaterThan(0);
    const server = startServer(folder, { TENANTRY_ADMIN_KEY: adminKey });
    const url = await server.address;
    for (const body of bodies) expect((await sendExport({ url }, adminKey, body)).status).toBe(200);
    const stands = await booked(url);
    expect(stands).toEqual({ calls: 2_400, costUsd: "1.08" });
    for (const body of bodies) expect((await sendExport({ url }, adminKey, body)).status).toBe(200);
    expect(await booked(url)).toEqual(stands);
  },
);
