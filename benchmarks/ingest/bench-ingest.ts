import { loadavg } from "node:os";
import { withEverythingStopped } from "../gateway/bench-gateway.ts";
import { type LoadGenerator, startLoadGenerator } from "../gateway/load-generator.ts";
import type { LoadResult } from "../gateway/load.ts";
import { requestBody } from "../gateway/measures.ts";
import { type IngestInstallation, openIngestInstallation } from "./installation.ts";
import { type Shape, shapes } from "./made-spans.ts";
import { printIngestReport } from "./report.ts";
import { createSent, type Sent } from "./sent.ts";
import { type Sender, startSender } from "./sender.ts";
import { type Encoding, encodings } from "./to-export.ts";

interface Size {
  readonly rounds: number;
  /** Of each encoding and shape, in each round. */
  readonly batches: number;
  readonly besideMs: number;
}

const full: Size = { rounds: 5, batches: 60, besideMs: 5_000 };
const quick: Size = { rounds: 1, batches: 20, besideMs: 1_500 };

const spansOfBatch = 512;
const atOnce = 3;
/** What is offered beside calls, spans a second; beside it, as much as goes. */
const offered = 5_000;
const callsPerSecond = 40;

/** What one encoding and shape came to in one round. */
export interface Taken {
  readonly encoding: Encoding;
  readonly shape: Shape;
  readonly spansPerSecond: number;
  /** Processor time of the server, all threads, µs a span. */
  readonly cpuUs: number;
  /** The same of its main thread. */
  readonly mainThreadUs: number;
  readonly bytesOfSpan: number;
}

/** Calls through the gateway in one round: alone, beside a steady load of spans, and beside as many as go. */
export interface CallsBeside {
  readonly alone: LoadResult;
  readonly steady: LoadResult;
  readonly flat: LoadResult;
  /** How many spans a second went beside the calls. */
  readonly steadySpans: number;
  readonly flatSpans: number;
}

export interface IngestFindings {
  readonly taken: readonly Taken[];
  readonly beside: readonly CallsBeside[];
  readonly rounds: number;
}

interface Bench {
  readonly installation: IngestInstallation;
  readonly sender: Sender;
  readonly load: LoadGenerator;
  readonly sent: Sent;
}

/** Spans from outside, and calls through the gateway beside them; at the end the books are held against what was sent. */
export async function benchIngest({ isQuick }: { readonly isQuick: boolean }): Promise<void> {
  const size = isQuick ? quick : full;
  const startedMs = performance.now();
  const say = (text: string): void =>
    console.log(`[${((performance.now() - startedMs) / 1000).toFixed(0).padStart(3)} s] ${text}`);
  const load = (): string => loadavg()[0]?.toFixed(1) ?? "?";
  await withEverythingStopped(async (processes, folder) => {
    say(`load average before the start: ${load()}`);
    const bench: Bench = {
      installation: await openIngestInstallation(processes, { folder }),
      sender: await startSender(processes),
      load: await startLoadGenerator(processes, "callers"),
      sent: createSent(),
    };
    say("warming up");
    await takeAll(bench, Math.min(20, size.batches));
    const taken: Taken[] = [];
    const beside: CallsBeside[] = [];
    for (let round = 0; round < size.rounds; round += 1) {
      say(`round ${round + 1} of ${size.rounds}`);
      taken.push(...(await takeAll(bench, size.batches)));
      beside.push(await callsBeside(bench, size.besideMs));
    }
    say(`load average at the end: ${load()}`);
    printIngestReport({ taken, beside, rounds: size.rounds });
    say(bench.sent.check(await usageOf(bench.installation)));
  });
}

/** The ledger's sums by tenant, of the time in which spans can have been made. */
export async function usageOf({ get }: Pick<IngestInstallation, "get">): Promise<unknown> {
  const at = (ms: number): string => new Date(ms).toISOString();
  const now = Date.now();
  return await get(`/api/v1/usage?from=${at(now - 86_400_000)}&to=${at(now + 60_000)}&groupBy=tenant`);
}

async function takeAll(bench: Bench, batches: number): Promise<readonly Taken[]> {
  const taken: Taken[] = [];
  for (const shape of shapes) {
    for (const encoding of encodings) taken.push(await take(bench, { encoding, shape, batches }));
  }
  return taken;
}

/** As many spans as go, with a few exports in flight. */
async function take(
  { installation, sender, sent }: Bench,
  { encoding, shape, batches }: { readonly encoding: Encoding; readonly shape: Shape; readonly batches: number },
): Promise<Taken> {
  const { server, ingestKey: key } = installation;
  const rhythm = { kind: "inFlight", requests: atOnce } as const;
  const whose = { origin: server.origin, key, firstTrace: sent.nextTrace };
  await sender.prepare({ ...whose, encoding, shape, batches, spansOfBatch, durationMs: null, rhythm });
  const beforeMs = [await server.cpuMs(), await server.mainThreadMs()] as const;
  const { spans, tookMs, bodyBytes } = await sender.send();
  const afterMs = [await server.cpuMs(), await server.mainThreadMs()] as const;
  sent.add(shape, spans);
  return {
    encoding,
    shape,
    spansPerSecond: (spans * 1_000) / tookMs,
    cpuUs: ((afterMs[0] - beforeMs[0]) * 1_000) / spans,
    mainThreadUs: ((afterMs[1] - beforeMs[1]) * 1_000) / spans,
    bytesOfSpan: bodyBytes / spans,
  };
}

async function callsBeside(bench: Bench, durationMs: number): Promise<CallsBeside> {
  const steadyBatches = Math.ceil((offered * durationMs) / 1_000 / spansOfBatch);
  const alone = await calls(bench, durationMs);
  const steady = await beside(bench, { kind: "steady", spansPerSecond: offered }, steadyBatches, durationMs);
  const flat = await beside(bench, { kind: "inFlight", requests: atOnce }, 6 * steadyBatches, durationMs);
  return {
    alone,
    steady: steady.result,
    steadySpans: steady.spansPerSecond,
    flat: flat.result,
    flatSpans: flat.spansPerSecond,
  };
}

async function beside(
  bench: Bench,
  rhythm:
    | { readonly kind: "steady"; readonly spansPerSecond: number }
    | { readonly kind: "inFlight"; readonly requests: number },
  batches: number,
  durationMs: number,
): Promise<{ readonly result: LoadResult; readonly spansPerSecond: number }> {
  const { installation, sender, sent } = bench;
  const { server, ingestKey: key } = installation;
  const whose = { origin: server.origin, key, firstTrace: sent.nextTrace };
  await sender.prepare({ ...whose, encoding: "protobuf", shape: "pair", batches, spansOfBatch, durationMs, rhythm });
  const [{ spans, tookMs }, result] = await Promise.all([sender.send(), calls(bench, durationMs)]);
  sent.add("pair", spans);
  return { result, spansPerSecond: (spans * 1_000) / tookMs };
}

async function calls({ installation, load }: Bench, durationMs: number): Promise<LoadResult> {
  const rhythm = { kind: "steady", perSecond: callsPerSecond } as const;
  return await load.run({ target: installation.call, body: requestBody("", false), durationMs, rhythm });
}
