import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { isAtRest, readBooks, reconciled } from "../support/books.ts";
import { openTestGateway, post, type TestGateway, until } from "../support/gateway.ts";
import { mountSmallDisk, type SmallDisk } from "./small-disk.ts";

/** How long a write waits for a lock before it fails. */
const storePatienceMs = 2_000;

const tenantIds = ["one", "two", "three"];

function yaml(storage: string): string {
  return `
tiers:
  t: { models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5], limits: [{ calls: 100000, per: 1h }, { concurrent: 100 }], budgets: [{ usd: "100", within: 24h }], maxOutputTokens: 64, retries: 0, timeout: 30s }
tenants: { one: { tier: t }, two: { tier: t }, three: { tier: t } }
${storage}`;
}

interface Opened extends TestGateway {
  /** Requests that providers were sent. */
  sent(): number;
}

async function open(storage = ""): Promise<Opened> {
  let sent = 0;
  const gateway = await openTestGateway({
    yaml: yaml(storage),
    app: (app) => ({
      ...app,
      relays: app.relays.map((relay) => ({
        ...relay,
        async open(...asked) {
          sent += 1;
          return await relay.open(...asked);
        },
      })),
      models: app.models.map((model) => ({
        ...model,
        async complete(...asked) {
          sent += 1;
          return await model.complete(...asked);
        },
        async stream(...asked) {
          sent += 1;
          return await model.stream(...asked);
        },
      })),
    }),
  });
  return { ...gateway, sent: () => sent };
}

interface Answered {
  readonly status: number;
  readonly text: string;
  readonly streamed: boolean;
  readonly retryAfter: string | null;
}

/** The n-th of many calls: of every tenant, in both protocols, for both vendors' models, whole and streamed. */
async function call(gateway: TestGateway, n: number): Promise<Answered> {
  const streamed = n % 2 === 0;
  const path = n % 4 < 2 ? "/v1/chat/completions" : "/v1/messages";
  const body = {
    model: n % 8 < 4 ? "gpt-4o-mini" : "claude-haiku-4-5",
    max_tokens: 64,
    stream: streamed,
    messages: [{ role: "user", content: `Say hello in one sentence, please, and say it ${n} times.` }],
  };
  const answer = await post(gateway, path, gateway.keys[tenantIds[n % 3] ?? ""] ?? "", body);
  return { status: answer.status, text: await answer.text(), streamed, retryAfter: answer.headers.get("retry-after") };
}

async function calls(gateway: TestGateway, count: number): Promise<readonly Answered[]> {
  return await Promise.all(Array.from({ length: count }, async (_, n) => await call(gateway, n)));
}

function isWhole({ status, text, streamed }: Answered): boolean {
  if (status !== 200) return false;
  if (streamed) return /data: \[DONE\]\n\n$|"type":"message_stop"\s*\}\n\n$/.test(text);
  return /"chat\.completion"|"type":"message"/.test(text) && JSON.parse(text) !== null;
}

async function isReady(gateway: TestGateway): Promise<boolean> {
  return (await fetch(`${gateway.url}/readyz`)).status === 200;
}

/** Once the store works again: everything is written, nothing is held, and the invoice is the ledger (R1, R2). */
async function expectNothingLost(gateway: Opened, sent: number): Promise<void> {
  await until(() => gateway.app.tenantry.pendingSettlements() === 0, 15_000);
  const booked = await readBooks(gateway.app);
  expect(booked.flatMap(({ lines }) => lines)).toHaveLength(sent);
  const { balanced, differences, bookedPico, billedPico } = await reconciled(gateway);
  expect([balanced, differences, bookedPico]).toEqual([true, [], billedPico]);
  for (const id of tenantIds) expect(await isAtRest(gateway.app, id)).toBe(true);
  await until(async () => await isReady(gateway));
}

describe("a disk without room", () => {
  let disk: SmallDisk | null;
  beforeAll(() => {
    disk = mountSmallDisk(6);
  });
  afterAll(() => disk?.close());

  test(
    "what is under way is delivered and booked later, what is new is refused unsent, and no cent is lost",
    { timeout: 60_000 },
    async ({ skip }) => {
      // Where nothing may be mounted, the test of the process with a limit on its files stands for this one.
      if (disk === null) return skip();
      const gateway = await open(`storage: { path: "${join(disk.folder, "tenantry.db")}" }`);
      onTestFinished(async () => await gateway.close());
      gateway.simulator.setLatency({ timeToFirstByteMs: 100, perTokenMs: 15 });
      const running = calls(gateway, 24);
      await until(() => gateway.sent() === 24);
      disk.fill();
      const delivered = await running;
      expect(delivered.filter((answer) => !isWhole(answer))).toEqual([]);
      expect(gateway.app.tenantry.pendingSettlements()).toBeGreaterThan(0);

      gateway.simulator.setLatency({});
      const late: Answered[] = [];
      // What was written before may still have a little room within its own files.
      while (late.length < 2_000 && late.at(-1)?.status !== 503) late.push(await call(gateway, late.length));
      const sent = gateway.sent();
      const refused = await calls(gateway, 40);
      expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 503));
      expect(refused.every(({ retryAfter, text }) => retryAfter !== null && text.includes("unavailable"))).toBe(true);
      expect(gateway.sent()).toBe(sent);
      expect(sent).toBe(24 + late.filter(({ status }) => status === 200).length);
      expect(await isReady(gateway)).toBe(false);
      expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);

      disk.free();
      await expectNothingLost(gateway, sent);
      expect((await calls(gateway, 12)).filter((answer) => !isWhole(answer))).toEqual([]);
      await expectNothingLost(gateway, sent + 12);
    },
  );
});

describe("a database that another program has locked", () => {
  test("nobody else waits for it, and nothing is lost", { timeout: 60_000 }, async () => {
    const gateway = await open();
    onTestFinished(async () => await gateway.close());
    const other = new DatabaseSync(gateway.app.config.storage.path);
    onTestFinished(() => other.close());
    gateway.simulator.setLatency({ timeToFirstByteMs: 100, perTokenMs: 15 });
    const running = calls(gateway, 24);
    await until(() => gateway.sent() === 24);
    other.exec("BEGIN EXCLUSIVE");

    // The answers come at their pace while the store cannot be written: no wait for it holds up the others.
    const pauses = await longestPauseMs(async () => {
      const delivered = await running;
      expect(delivered.filter((answer) => !isWhole(answer))).toEqual([]);
    });
    expect(pauses).toBeLessThan(storePatienceMs);
    expect(gateway.app.tenantry.pendingSettlements()).toBe(24);
    gateway.simulator.setLatency({});
    const sent = gateway.sent();
    const refused = await calls(gateway, 24);
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 503));
    expect(gateway.sent()).toBe(sent);
    expect(await isReady(gateway)).toBe(false);

    other.exec("ROLLBACK");
    await expectNothingLost(gateway, sent);
    expect((await calls(gateway, 12)).filter((answer) => !isWhole(answer))).toEqual([]);
    await expectNothingLost(gateway, sent + 12);
  });

  test("a lock that is soon released is waited for, and nobody hears of it", async () => {
    const gateway = await open();
    onTestFinished(async () => await gateway.close());
    const other = new DatabaseSync(gateway.app.config.storage.path);
    onTestFinished(() => other.close());
    other.exec("BEGIN EXCLUSIVE");
    setTimeout(() => other.exec("COMMIT"), 150);
    expect((await calls(gateway, 12)).filter((answer) => !isWhole(answer))).toEqual([]);
    await expectNothingLost(gateway, 12);
  });
});

/** The longest that this process's event loop, which serves everybody, stood still meanwhile, ms. */
async function longestPauseMs(run: () => Promise<void>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 5);
  try {
    await run();
  } finally {
    clearInterval(timer);
  }
  return longest;
}
