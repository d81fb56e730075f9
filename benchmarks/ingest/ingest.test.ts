import { expect, test } from "vitest";
import { withEverythingStopped } from "../gateway/bench-gateway.ts";
import { usageOf } from "./bench-ingest.ts";
import { openIngestInstallation } from "./installation.ts";
import { shapes } from "./made-spans.ts";
import { createSent } from "./sent.ts";
import { startSender } from "./sender.ts";
import { encodings } from "./to-export.ts";

test("a server that takes in both encodings and shapes, several exports at once, books each call once and exactly", async () => {
  await withEverythingStopped(async (processes, folder) => {
    const installation = await openIngestInstallation(processes, { folder });
    const sender = await startSender(processes);
    const sent = createSent();
    for (const shape of shapes) {
      for (const encoding of encodings) {
        await sender.prepare({
          origin: installation.server.origin,
          key: installation.ingestKey,
          encoding,
          shape,
          firstTrace: sent.nextTrace,
          batches: 3,
          spansOfBatch: 512,
          durationMs: null,
          rhythm: { kind: "inFlight", requests: 3 },
        });
        const { spans } = await sender.send();
        expect(spans).toBe(3 * 512);
        sent.add(shape, spans);
      }
    }
    const usage = await usageOf(installation);
    expect(sent.check(usage)).toBe("the ledger equals what was sent: 2,304 calls of 50 tenants, each told once");
    sent.add("pair", 2);
    expect(() => sent.check(usage)).toThrow(/the ledger says of tenant-4: 46 calls.*; sent was 47 calls/);
  });
}, 60_000);
