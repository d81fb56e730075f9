import { randomInt } from "node:crypto";
import { rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Child, startChild, workspaceFile } from "../support/child.ts";
import { makeFolder, removeFolder, writeConfig } from "../support/installation.ts";
import { startRemoteSimulator } from "../support/remote-simulator.ts";
import { type Evidence, type EvidencePaths, gatherEvidence } from "./evidence.ts";
import { chaosConfig, troubles } from "./installation.ts";
import { type Lane, killInLanes } from "./kill-lanes.ts";

export interface ChaosOptions {
  readonly kills: number;
  /** Decides who does what and who is killed when; the machine decides the rest. */
  readonly seed: number;
  /** Gateways from their build, else from their sources. */
  readonly isBuilt: boolean;
  /** No kills after so long, ms. */
  readonly mostMs?: number;
  /** Told how far it is, now and then. */
  progress(text: string): void;
}

/** Longest that a process may take to start, or to end what it is doing. */
const startMs = 60_000;

/** Two gateways and a process with the library on one file, under load, killed and started again; then the evidence. */
export async function runChaos(options: ChaosOptions): Promise<Evidence> {
  const folder = await makeFolder();
  const children: Child[] = [];
  // Also when this process is told to end.
  const endAll = (): void => {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", endAll);
  const keep = (child: Child): Child => {
    children.push(child);
    return child;
  };
  try {
    return await run(options, folder, keep);
  } finally {
    for (const child of children) child.kill();
    await Promise.all(children.map(async ({ ended }) => await ended));
    await removeFolder(folder);
    process.off("exit", endAll);
  }
}

async function run(options: ChaosOptions, folder: string, keep: (child: Child) => Child): Promise<Evidence> {
  const { kills, seed, progress } = options;
  const ledger = join(folder, "tenantry.db");
  const simulator = await startRemoteSimulator(keep, seed);
  await simulator.setLatency({ timeToFirstByteMs: 4, perTokenMs: 1, jitterRatio: 0.8 });
  await simulator.plan(troubles);
  const spenders = 2 + Math.ceil(kills / 20);
  const { path } = await writeConfig(folder, chaosConfig(ledger, simulator.url, spenders));
  const paths: EvidencePaths = {
    config: path,
    ledger,
    exchanges: join(folder, "exchanges.jsonl"),
    calls: join(folder, "calls.jsonl"),
  };
  const cacheDir = join(folder, "compiled");
  const ports = [await freePort(), await freePort()] as const;
  const gateway = (port: number): Child => keep(startGateway(folder, path, port, cacheDir, options.isBuilt));
  const library = (childSeed: number): Child =>
    keep(
      startChild(
        workspaceFile("packages/composition/test/support/load-process.ts"),
        [path, paths.calls, String(childSeed)],
        { cacheDir },
      ),
    );

  // The first start shows the keys, this once.
  const first = gateway(ports[0]);
  const keys = keysIn(await greetingOf(first));
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const ordersPath = join(folder, "orders.json");
  await writeFile(
    ordersPath,
    JSON.stringify({ urls, keys, logPath: paths.exchanges, seed, clients: 12, replays: 40 + kills }),
  );
  const clients = keep(
    startChild(workspaceFile("packages/composition/test/chaos/http-clients-process.ts"), [ordersPath], {
      cacheDir,
      isTold: true,
    }),
  );
  await clients.firstLine;

  const lanes: Lane[] = [
    { kind: "gateways", start: () => gateway(ports[0]), seen: servedBy, first },
    { kind: "gateways", start: () => gateway(ports[1]), seen: servedBy },
    { kind: "libraries", start: library, seen: ({ out }) => out().split(".").length - 1 },
  ];
  const killed = await killInLanes(lanes, options);

  progress("the last gateway starts; programs end, and send their keys again");
  const last = gateway(ports[0]);
  await greetingOf(last);
  clients.tell("stop");
  await said(clients, /^stopped$/m);
  clients.tell("replay");
  const replayed = Number((await said(clients, /^replayed (\d+)$/m))[1]);
  last.process.kill("SIGTERM");
  const status = await last.ended;
  if (status !== 0) throw new Error(`the last gateway ended with ${status}: ${last.err().slice(-2_000)}`);
  progress("the ledger is read and held against the invoice");
  return await gatherEvidence(paths, simulator, { killed, replayed });
}

function startGateway(folder: string, config: string, port: number, cacheDir: string, isBuilt: boolean): Child {
  const env = { TENANTRY_CONFIG: config, TENANTRY_ADMIN_KEY: "an-admin-key-of-the-chaos-run", PORT: String(port) };
  const file = workspaceFile(isBuilt ? "apps/api/dist/main.js" : "apps/api/src/main.ts");
  return startChild(file, [], { cacheDir, cwd: folder, env, isBuilt });
}

/** Requests a gateway has logged. */
function servedBy({ err }: Child): number {
  return err().split('"event":"request"').length - 1;
}

async function greetingOf(gateway: Child): Promise<string> {
  await said(gateway, /\nTry it:\n.*\n/);
  return gateway.out();
}

/** Waits until a process has written something. */
async function said(child: Child, what: RegExp): Promise<RegExpExecArray> {
  const deadline = performance.now() + startMs;
  for (;;) {
    const found = what.exec(child.out());
    if (found !== null) return found;
    const { exitCode, signalCode } = child.process;
    if (exitCode !== null || signalCode !== null || performance.now() > deadline) {
      throw new Error(`a process does not say ${what.source}: ${child.err().slice(-2_000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The tenants' keys in a greeting. */
function keysIn(greeting: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...greeting.matchAll(/^ {2}(\S+) +(tnt_\S+)$/gm)].map(([, id, key]) => [id, key]));
}

/**
 * Below the ports that systems give to outgoing connections: between two lives of a gateway nobody may get its port. Not
 * from the seed, for two runs of one seed may be under way.
 */
async function freePort(): Promise<number> {
  for (let tries = 0; tries < 50; tries += 1) {
    const port = randomInt(20_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
  throw new Error("no free port");
}
