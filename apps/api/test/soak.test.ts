import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isAtRest, reconciled } from "./support/books.ts";
import { adminKey, openTestGateway, type TestGateway, until } from "./support/gateway.ts";
import { connectRaw, rawPost } from "./support/raw-connection.ts";

const workers = 24;
const roundMs = 2_000;
const rounds = 4;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway({ latency: { timeToFirstByteMs: 2, perTokenMs: 0.4 } });
});
afterAll(async () => await gateway.close());

const words = "Say in some sentences what a gateway is. ".repeat(5);
const chat = (model: string, stream: boolean): string =>
  JSON.stringify({ model, stream, max_tokens: 60, messages: [{ role: "user", content: words }] });
/** Both vendors, native and translated, whole and streamed. */
const requests: readonly (readonly [path: string, body: string])[] = [
  ["/v1/chat/completions", chat("gpt-4o-mini", true)],
  ["/v1/chat/completions", chat("gpt-4o-mini", false)],
  ["/v1/chat/completions", chat("claude-haiku-4-5", true)],
  ["/v1/messages", chat("claude-haiku-4-5", true)],
  ["/v1/messages", chat("gpt-4o-mini", true)],
  ["/v1/responses", JSON.stringify({ model: "gpt-4o-mini", input: words, stream: true })],
];

/** Numbers that look random and are the same in every run. */
function createNoise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** One caller who hangs up at any point, or stays to the end. */
async function callOnce(noise: () => number): Promise<void> {
  const [path, body] = requests[Math.floor(noise() * requests.length)] as (typeof requests)[number];
  const bytes = rawPost(path, gateway.keys["acme"] ?? "", body, ["connection: close"]);
  const connection = await connectRaw(gateway.url);
  const choice = noise();
  if (choice < 0.1) connection.write(bytes.slice(0, Math.floor(noise() * bytes.length)));
  else connection.write(bytes);
  if (choice < 0.6) {
    const leave = setTimeout(
      () => (noise() < 0.5 ? connection.socket.destroy() : connection.socket.resetAndDestroy()),
      noise() * 60,
    );
    await connection.closed;
    clearTimeout(leave);
    return;
  }
  expect(await connection.closed).toMatch(/^HTTP\/1\.1 200 /);
}

async function round(seed: number): Promise<number> {
  const end = performance.now() + roundMs;
  let made = 0;
  const worker = async (index: number): Promise<void> => {
    const noise = createNoise(seed * 1_000 + index);
    while (performance.now() < end) {
      await callOnce(noise);
      made += 1;
    }
  };
  await Promise.all(Array.from({ length: workers }, async (_, index) => await worker(index)));
  await until(async () => {
    const text = await metrics();
    return ["requests_in_flight", "streams_open", "open_holds"].every((name) =>
      text.includes(`\ntenantry_${name} 0\n`),
    );
  }, 20_000);
  return made;
}

async function metrics(): Promise<string> {
  return await (await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } })).text();
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes that something still holds: what the process has in all is as much a matter of when V8 gives it back. */
function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const handles = (): number => process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP")).length;

test(
  "callers who hang up at any point leave books that balance, and no hold, socket or memory behind",
  { timeout: 60_000 },
  async () => {
    let made = await round(1);
    const [heldBefore, rssBefore, handlesBefore] = [heldBytes(), process.memoryUsage().rss, handles()];
    for (let seed = 2; seed <= rounds; seed += 1) made += await round(seed);
    expect(made).toBeGreaterThan(200);
    // What is kept alive on purpose are the pools' connections.
    expect(handles()).toBeLessThanOrEqual(handlesBefore + workers);
    const heldMore = heldBytes() - heldBefore;
    expect(heldMore).toBeLessThan(20_000_000);
    expect(process.memoryUsage().rss - rssBefore).toBeLessThan(300_000_000);

    expect(await isAtRest(gateway.app, "acme")).toBe(true);
    const books = new DatabaseSync(gateway.app.config.storage.path, { readOnly: true });
    try {
      for (const table of ["open_calls", "rolling_holds"]) {
        expect([table, books.prepare(`SELECT count(*) AS open FROM ${table}`).get()]).toEqual([table, { open: 0 }]);
      }
      expect(books.prepare("SELECT count(*) AS open FROM lease_counts WHERE held <> 0").get()).toEqual({ open: 0 });
    } finally {
      books.close();
    }
    const { balanced, unexplainedPico, differences } = await reconciled(gateway);
    expect(differences.filter(({ residual }) => residual === "missing-here" || residual === "differing")).toEqual([]);
    expect(unexplainedPico).toBe(0n);
    expect(balanced).toBe(true);
  },
);
