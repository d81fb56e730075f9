import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Invoice } from "./billing/invoice.ts";
import { createInvoiceBook } from "./billing/invoice.ts";
import type { FaultPlan } from "./faults/fault-plan.ts";
import { createFaultChooser } from "./faults/fault-plan.ts";
import type { LatencyKnobs } from "./faults/latency.ts";
import { choosePace, parseLatencyKnobs } from "./faults/latency.ts";
import { parseFaultPlan } from "./faults/parse-fault-plan.ts";
import { authenticate } from "./http/authenticate.ts";
import type { Control } from "./http/control-routes.ts";
import { controlPrefix, serveControl } from "./http/control-routes.ts";
import { endpoints } from "./http/endpoints.ts";
import type { Exchange } from "./http/exchange.ts";
import { sendError } from "./http/exchange.ts";
import { readBody } from "./http/read-body.ts";
import type { SimulatorState } from "./http/serve-request.ts";
import { serveRequest } from "./http/serve-request.ts";
import { defaultMessage, VendorError } from "./http/vendor-error.ts";
import type { ProviderName } from "./models/model-card.ts";
import { createPromptCache } from "./prompt/prompt-cache.ts";
import { createSeededRandom } from "./seeded-random.ts";

export interface ProviderSimulatorOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** The simulator listens on 127.0.0.1 and nowhere else. */
  readonly host?: never;
  readonly latency?: LatencyKnobs;
  /** Shorthand for `latency.perTokenMs`, which goes before it; above 0. */
  readonly tokensPerSecond?: number;
  readonly faults?: FaultPlan;
  /** Decides jitter and fault probabilities; 1 unless set. */
  readonly seed?: number;
  /** The clock of invoice lines, answers and cache lifetimes, epoch milliseconds. */
  readonly now?: () => number;
  /** If set, every other key gets a 401. */
  readonly apiKeys?: readonly string[];
}

/** A running simulator. */
export interface ProviderSimulator {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** For the OpenAI SDK's `baseURL`. */
  readonly openaiBaseUrl: string;
  /** For the Anthropic SDK's `baseURL`, which adds `/v1/messages` itself. */
  readonly anthropicBaseUrl: string;
  /** What was billed so far: a snapshot that later calls do not change. */
  invoice(): Invoice;
  /** Replaces the fault plan, with fresh counters; calls in flight keep their fault. A TypeError names a bad field. */
  plan(faults: FaultPlan): void;
  setLatency(knobs: LatencyKnobs): void;
  /** Empties the invoice, the fault plan and the prompt cache. */
  reset(): void;
  /** Ends the server and every open connection; calling it again does nothing. */
  close(): Promise<void>;
}

interface Simulation extends SimulatorState, Control {}

function createSimulation(options: ProviderSimulatorOptions): Simulation {
  const random = createSeededRandom(options.seed ?? 1);
  const now = options.now ?? Date.now;
  const book = createInvoiceBook();
  const cache = createPromptCache(now);
  const rate = options.tokensPerSecond;
  if (rate !== undefined && !(rate > 0)) throw new RangeError("tokensPerSecond must be above 0");
  const perToken = rate === undefined ? {} : { perTokenMs: 1000 / rate };
  let latency: LatencyKnobs = { ...perToken, ...parseLatencyKnobs(options.latency ?? {}) };
  let choose = createFaultChooser(parseFaultPlan(options.faults ?? []), random);
  // Ids must not repeat when a simulator is started again beside a ledger that remembers the first one's.
  const instance = randomBytes(16).toString("hex");
  let calls = 0;
  return {
    book,
    cache,
    now,
    newKey() {
      calls += 1;
      const digest = createHash("sha256").update(`${instance}:${calls}`).digest("base64");
      return digest.replaceAll(/[^A-Za-z0-9]/g, "0").slice(0, 24);
    },
    chooseFault: (call) => choose(call),
    choosePace: (model) => choosePace(latency, model, random),
    invoice: () => book.snapshot(),
    plan(faults) {
      choose = createFaultChooser(parseFaultPlan(faults), random);
    },
    setLatency(knobs) {
      latency = parseLatencyKnobs(knobs);
    },
    reset() {
      book.clear();
      cache.clear();
      choose = createFaultChooser([], random);
    },
  };
}

function providerOf(path: string, req: IncomingMessage): ProviderName {
  if (path.startsWith("/v1/messages")) return "anthropic";
  const known = Object.hasOwn(endpoints, path) ? endpoints[path] : undefined;
  return known?.provider ?? (req.headers["anthropic-version"] ? "anthropic" : "openai");
}

function single(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

async function answer(
  simulation: Simulation,
  keys: ReadonlySet<string> | null,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const path = new URL(req.url ?? "/", "http://127.0.0.1").pathname;
  if (path.startsWith(controlPrefix)) {
    return serveControl(simulation, path.slice(controlPrefix.length), req, res);
  }
  const base = {
    req,
    res,
    provider: providerOf(path, req),
    endpoint: path,
    requestId: `req_${simulation.newKey()}`,
    clientRequestId: single(req.headers["x-client-request-id"]),
  };
  let exchange: Exchange = { ...base, account: "", receivedAtMs: simulation.now() };
  try {
    const body = await readBody(req);
    const account = authenticate(base.provider, req.headers, keys);
    exchange = { ...base, account, receivedAtMs: simulation.now() };
    await serveRequest(simulation, exchange, body);
  } catch (error) {
    if (req.socket.destroyed) return;
    // Anything else is a mistake of the simulator; its message could quote a prompt and stays inside.
    const known = error instanceof VendorError;
    sendError(exchange, known ? error : new VendorError(500, defaultMessage(base.provider, 500)));
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/**
 * Starts a loopback server that speaks OpenAI's and Anthropic's HTTP, and bills what it generates.
 * Rejects when the port is taken, and with a TypeError for a bad fault plan or latency.
 */
export async function startProviderSimulator(options: ProviderSimulatorOptions = {}): Promise<ProviderSimulator> {
  const simulation = createSimulation(options);
  const keys = options.apiKeys ? new Set(options.apiKeys) : null;
  const server = createServer((req, res) => {
    res.on("error", () => undefined);
    void answer(simulation, keys, req, res);
  });
  server.requestTimeout = 0;
  const port = await listen(server, options.port ?? 0);
  const url = `http://127.0.0.1:${port}`;
  let closing: Promise<void> | null = null;
  return {
    url,
    openaiBaseUrl: `${url}/v1`,
    anthropicBaseUrl: url,
    invoice: () => simulation.invoice(),
    plan: (faults) => simulation.plan(faults),
    setLatency: (knobs) => simulation.setLatency(knobs),
    reset: () => simulation.reset(),
    close() {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}
