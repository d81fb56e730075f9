import { randomBytes } from "node:crypto";
import type { ReportedSpan } from "@tenantry/core";
import { aStoredSpan } from "@tenantry/core/testing";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { type App, loadConfig, openApp } from "../src/index.ts";
import { temporaryFolder, writeConfig } from "./support/installation.ts";

const yaml = "tiers: { a: { models: [openai/gpt-4o-mini] } }\ntenants: { acme: { tier: a } }\n";

afterEach(() => void vi.useRealTimers());

async function open(folder: string, more = ""): Promise<App> {
  const app = await openApp(await loadConfig({ ...(await writeConfig(folder, yaml + more)), env: {} }));
  onTestFinished(async () => await app.close());
  return app;
}

function span(): ReportedSpan {
  const { scope: _scope, tenantId: _tenant, keyId: _key, bookedAs: _call, ...plain } = aStoredSpan();
  const startedAt = Date.now() - 1_000;
  return {
    ...plain,
    claims: { tenantId: "acme", userId: null, sessionId: null, feature: null },
    traceId: randomBytes(16).toString("hex"),
    spanId: randomBytes(8).toString("hex"),
    startedAt,
    endedAt: startedAt + 100,
  };
}

const installation = { kind: "installation" } as const;

test("an open app looks again at what the ledger has learnt, every 15 seconds, and not once it is closed", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const app = await open(await temporaryFolder());
  const settlePending = vi.fn<() => Promise<number>>(async () => 0);
  Object.assign(app.ingest, { settlePending });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(settlePending).toHaveBeenCalledTimes(2);
  settlePending.mockRejectedValueOnce(new Error("the store is away"));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(settlePending).toHaveBeenCalledTimes(4);
  await app.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(settlePending).toHaveBeenCalledTimes(4);
});

test("spans are as old as the configuration allows, and what it says of unknown tenants holds", async () => {
  const app = await open(await temporaryFolder(), "ingest: { acceptPastDays: 1, unknownTenant: reject }\n");
  const old = span();
  const claims = { tenantId: "nobody", userId: null, sessionId: null, feature: null };
  const spans = [span(), { ...old, startedAt: old.startedAt - 2 * 86_400_000 }, { ...span(), claims }];
  expect(await app.ingest.record(installation, null, spans)).toMatchObject({
    accepted: 1,
    refused: [
      { reason: "began more than 1 days ago", spans: 1 },
      { reason: "names a tenant that does not exist", spans: 1 },
    ],
  });
});

test("a span that was recorded is known after a restart, and to a second process on the same file", async () => {
  const folder = await temporaryFolder();
  const first = await open(folder);
  const spans = [span(), span()];
  expect(await first.ingest.record(installation, null, spans)).toMatchObject({ accepted: 2 });
  const second = await open(folder);
  expect(await second.ingest.record(installation, null, spans)).toMatchObject({ accepted: 0, known: 2 });
  await first.close();
  await second.close();
  const third = await open(folder);
  expect(await third.ingest.record(installation, null, spans)).toMatchObject({ accepted: 0, known: 2 });
});

test("long exports are read in a thread and short ones here, with the same result; what is none is refused alike", async () => {
  const app = await open(await temporaryFolder());
  const exported = (count: number): Buffer =>
    Buffer.from(
      JSON.stringify({
        resourceSpans: [
          {
            scopeSpans: [
              {
                spans: Array.from({ length: count }, (_, at) => ({
                  traceId: "5b8efff798038103d269b633813fc60c",
                  spanId: (at + 1).toString(16).padStart(16, "0"),
                  name: "step",
                  kind: 1,
                  startTimeUnixNano: "1795000000000000000",
                  endTimeUnixNano: "1795000001000000000",
                })),
              },
            ],
          },
        ],
      }),
    );
  const short = await app.spanReader.read(exported(3), "json");
  const long = await app.spanReader.read(exported(3_000), "json");
  expect([short.spans.length, long.spans.length]).toEqual([3, 3_000]);
  expect(long.spans.slice(0, 3)).toEqual(short.spans);
  for (const length of [10, 100_000]) {
    const refused = app.spanReader.read(Buffer.alloc(length, 0x7b), "json");
    await expect(refused).rejects.toMatchObject({ code: "invalid_request" });
  }
  await app.spanReader.close();
  await expect(app.spanReader.read(exported(3_000), "json")).rejects.toMatchObject({ code: "unavailable" });
});
