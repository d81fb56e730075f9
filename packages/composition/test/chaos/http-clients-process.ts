// Programs that call gateways over HTTP until they are told to stop: node … http-clients-process.ts <orders>
//
// <orders> is a file of `Orders` as JSON. Each answer seen, and each answer seen to its end, is a line of the log, written
// before the program does anything else. On stdin: `stop` ends the load, `replay` sends requests with keys once more.
import { createHash } from "node:crypto";
import { openSync, readFileSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { createSeededRandom } from "../support/seeded-random.ts";
import type { SeenExchange } from "./seen.ts";

/** What the programs are told. */
interface Orders {
  readonly urls: readonly [string, ...string[]];
  /** Tenants' keys by tenant. */
  readonly keys: Readonly<Record<string, string>>;
  readonly logPath: string;
  readonly seed: number;
  readonly clients: number;
  /** Keys that `replay` sends again at most. */
  readonly replays: number;
}

type Vendor = "openai" | "anthropic";

/** One request as a program makes it, again and again where it has a key. */
interface Planned {
  readonly tenantId: string;
  readonly vendor: Vendor;
  readonly streamed: boolean;
  readonly sentences: number;
  readonly maxTokens: number;
  readonly user: string;
  readonly key: string | null;
  /** Hangs up so long after the start; null stays. */
  readonly hangUpAfterMs: number | null;
}

const orders = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Orders;
const log = openSync(orders.logPath, "a");
const random = createSeededRandom(orders.seed);
const kinds = Map.groupBy(Object.keys(orders.keys), (id) => id.split("-")[0] ?? id);
/** The limited twice, so that their window is really met. */
const kindNames = ["limited", ...kinds.keys()] as const;
const withKeys: Planned[] = [];
let made = 0;
let isStopped = false;

/** No further key is sent again after so long. */
const longestReplayMs = 10_000;

const wait = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms));

function write(entry: SeenExchange): void {
  writeSync(log, `${JSON.stringify(entry)}\n`);
}

function plan(): Planned {
  made += 1;
  const tenants = kinds.get(random.pick(kindNames)) as [string];
  const key = random.chance(0.5) ? `key-${orders.seed}-${made}` : null;
  const planned: Planned = {
    tenantId: random.pick(tenants),
    vendor: random.pick(["openai", "anthropic"]),
    streamed: random.chance(0.6),
    sentences: 1 + random.whole(8),
    maxTokens: 8 + random.whole(40),
    user: `user-${random.whole(3)}`,
    key,
    hangUpAfterMs: random.chance(0.25) ? random.whole(120) : null,
  };
  if (key !== null) withKeys.push(planned);
  return planned;
}

/** The vendor's own client and nothing in between but a look at what comes. */
async function send(planned: Planned, url: string, more: { readonly stays?: boolean } = {}): Promise<void> {
  const { tenantId, vendor, streamed, key, user, maxTokens } = planned;
  const apiKey = orders.keys[tenantId] ?? "";
  const caller = new AbortController();
  const timer =
    planned.hangUpAfterMs === null || more.stays === true
      ? null
      : setTimeout(() => caller.abort(), planned.hangUpAfterMs);
  const headers = {
    "x-tenantry-user": user,
    ...(key === null ? {} : { "idempotency-key": key, "x-tenantry-session": key }),
  };
  const common = {
    apiKey,
    maxRetries: more.stays === true ? 0 : random.whole(3),
    timeout: 4_000,
    fetch: watching(planned),
  };
  const options = { headers, signal: caller.signal };
  const messages = [{ role: "user" as const, content: "The bridge is closed until May. ".repeat(planned.sentences) }];
  const body = { model: "default", max_tokens: maxTokens, messages };
  try {
    if (vendor === "openai") {
      const client = new OpenAI({ ...common, baseURL: `${url}/v1` });
      if (!streamed) await client.chat.completions.create(body, options);
      else await drain(await client.chat.completions.create({ ...body, stream: true }, options));
    } else {
      const client = new Anthropic({ ...common, baseURL: url });
      if (!streamed) await client.messages.create(body, options);
      else await drain(await client.messages.create({ ...body, stream: true }, options));
    }
  } catch {
    // Refused, failed, hung up or killed under it: the log has what was seen.
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _event of stream);
}

/** A `fetch` that notes every answer: when its head is there, and when its body is there to the end. */
function watching({ tenantId, streamed, key }: Planned): typeof fetch {
  return async (input, init) => {
    const answer = await fetch(input, init);
    const attempts = answer.headers.get("x-tenantry-attempts");
    const seen: SeenExchange = {
      event: "begun",
      tenantId,
      status: answer.status,
      callId: answer.headers.get("x-tenantry-call-id"),
      attempts: attempts === null ? null : Number(attempts),
      replayed: answer.headers.get("x-tenantry-replayed") === "true",
      key,
      streamed,
      bodyHash: null,
      code: null,
    };
    write(seen);
    if (answer.body === null) return answer;
    const hash = createHash("sha256");
    const parts: Uint8Array[] = [];
    const body = answer.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          hash.update(chunk);
          if (answer.status >= 400) parts.push(chunk);
          controller.enqueue(chunk);
        },
        flush: () => write({ ...seen, event: "ended", bodyHash: hash.digest("hex"), code: codeIn(parts) }),
      }),
    );
    return new Response(body, { status: answer.status, headers: answer.headers });
  };
}

function codeIn(parts: readonly Uint8Array[]): string | null {
  if (parts.length === 0) return null;
  try {
    const { error } = JSON.parse(Buffer.concat(parts).toString()) as { error?: { code?: unknown } };
    return typeof error?.code === "string" ? error.code : null;
  } catch {
    return "unreadable";
  }
}

/** What programs do with a request: once, at two gateways at the same time, or again when it is over. */
async function play(): Promise<void> {
  const planned = plan();
  const url = random.pick(orders.urls);
  const style = planned.key === null ? 1 : random.next();
  if (style < 0.15) await Promise.all([...orders.urls, ...orders.urls].map(async (each) => await send(planned, each)));
  else await send(planned, url);
  if (style >= 0.15 && style < 0.5) await send(planned, random.pick(orders.urls));
  await wait(random.whole(20));
}

async function clientLoop(): Promise<void> {
  while (!isStopped) await play();
}

const clients = Array.from({ length: orders.clients }, clientLoop);
process.stdout.write("ready\n");
for await (const order of createInterface({ input: process.stdin })) {
  if (order === "stop") {
    isStopped = true;
    await Promise.all(clients);
    process.stdout.write("stopped\n");
  }
  if (order === "replay") {
    // The oldest as well as the latest, one at a time.
    const oldest = Math.min(60, Math.floor(orders.replays / 3));
    const chosen = [...withKeys.slice(0, oldest), ...withKeys.slice(oldest).slice(oldest - orders.replays)];
    const endMs = performance.now() + longestReplayMs;
    let sent = 0;
    for (const planned of chosen) {
      if (performance.now() > endMs) break;
      await send(planned, orders.urls[0], { stays: true });
      sent += 1;
    }
    process.stdout.write(`replayed ${sent}\n`);
  }
}
