import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { failureHeaders, httpFailure, type HttpFailure } from "@tenantry/core";
import type { ServedRoute } from "./control-plane/ports.ts";
import { createDataPlane } from "./data-plane/data-plane.ts";
import type { DataPlanePorts } from "./data-plane/ports.ts";
import { keyOf } from "./http/credentials.ts";
import { unauthenticated } from "./http/unauthenticated.ts";
import type { IngestPlane } from "./ingest/ingest-plane.ts";
import { createHostCheck } from "./http/host-list.ts";
import { refuseUnreadable } from "./http/refuse-unreadable.ts";
import { type Headers, send, sendJson } from "./http/send.ts";
import { createReadiness, type HealthSources } from "./operations/health.ts";
import { metricsContentType } from "./operations/metrics.ts";

export interface ServerOptions {
  /** Names beside `localhost` under which it may be reached; addresses always pass. */
  readonly allowedHosts: readonly string[];
  /** All header bytes of a request. */
  readonly headerBytes: number;
  /** Until all headers are there, ms. */
  readonly headersMs: number;
  /** Until the whole request is there, ms. */
  readonly requestMs: number;
  /** How long an idle connection is kept, ms. Longer than what proxies before it keep theirs. */
  readonly idleMs: number;
  /** Connections at once. */
  readonly connections: number;
}

export interface GatewayPorts extends DataPlanePorts {
  readonly health: Pick<HealthSources, "storage">;
  readonly server: ServerOptions;
  readonly ingest: IngestPlane;
  /** Takes every request of no route here: the control plane. Without it they are not found. */
  readonly fallback?: RequestListener;
}

/** The running gateway. */
export interface Gateway {
  readonly routes: readonly ServedRoute[];
  /** Resolves with the port; rejects when it is taken. */
  listen(port: number, host: string): Promise<number>;
  /** New calls are refused and running ones end, within the deadline; then nothing listens. Idempotent. */
  drain(deadlineMs: number): Promise<void>;
}

export function createGateway(ports: GatewayPorts): Gateway {
  const dataPlane = createDataPlane(ports);
  const operations = createOperations(ports);
  const isOurHost = createHostCheck(ports.server.allowedHosts);
  const server = openServer(ports.server, (req, res) => {
    const path = pathOf(req.url);
    if (path === null)
      return refusePlainly(res, httpFailure(400, "invalid_request", "the request target is not a path"));
    const operation = operations.get(path);
    if (operation !== undefined) return isRead(req) ? operation(req, res) : refuseMethod(res);
    if (!isOurHost(req.headers.host)) {
      return refusePlainly(
        res,
        httpFailure(421, "invalid_request", "this Host is not served here; list it in TENANTRY_ALLOWED_HOSTS"),
      );
    }
    if (dataPlane.handle(path, req, res) || ports.ingest.handle(path, req, res)) return;
    if (ports.fallback === undefined) refusePlainly(res, httpFailure(404, "not_found", "there is no such route"));
    else ports.fallback(req, res);
  });
  let draining: Promise<void> | null = null;
  return {
    routes: [...dataPlane.routes, ...ports.ingest.routes],
    listen: async (port, host) => await listen(server, port, host),
    drain: async (deadlineMs) => await (draining ??= drain(ports, server, deadlineMs)),
  };
}

function openServer(options: ServerOptions, listener: RequestListener): Server {
  const server = createServer(
    {
      maxHeaderSize: options.headerBytes,
      headersTimeout: options.headersMs,
      requestTimeout: options.requestMs,
      keepAliveTimeout: options.idleMs,
      connectionsCheckingInterval: Math.min(5_000, options.headersMs, options.requestMs),
      requireHostHeader: true,
      noDelay: true,
    },
    listener,
  );
  server.maxConnections = options.connections;
  refuseUnreadable(server);
  return server;
}

type Operation = (req: IncomingMessage, res: ServerResponse) => void;

function createOperations(ports: GatewayPorts): ReadonlyMap<string, Operation> {
  const { gate, tenantry, metrics, clock, keys } = ports;
  const readiness = createReadiness(
    () => ({
      draining: gate.draining,
      storage: async () => await ports.health.storage(),
      pendingSettlements: () => tenantry.pendingSettlements(),
    }),
    () => clock.monotonicMs(),
  );
  const noStore = { "cache-control": "no-store" };
  const showMetrics = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const secret = keyOf(req.headers);
    const principal = secret === null ? null : await keys.authenticate(secret);
    if (principal?.kind !== "admin")
      return refusePlainly(res, { ...unauthenticated, message: "metrics need the admin key" });
    send(res, 200, { ...noStore, "content-type": metricsContentType }, metrics.text());
  };
  return new Map<string, Operation>([
    ["/healthz", (_req, res) => sendJson(res, 200, noStore, { status: "ok" })],
    [
      "/readyz",
      (_req, res) => {
        void readiness().then(({ ready, checks }) =>
          sendJson(res, ready ? 200 : 503, noStore, { status: ready ? "ok" : "not ready", checks }),
        );
      },
    ],
    [
      "/metrics",
      (req, res) => {
        showMetrics(req, res).catch(() =>
          refusePlainly(res, httpFailure(503, "unavailable", "the keys cannot be read")),
        );
      },
    ],
  ]);
}

function isRead(req: IncomingMessage): boolean {
  return req.method === "GET" || req.method === "HEAD";
}

function refuseMethod(res: ServerResponse): void {
  refusePlainly(res, httpFailure(405, "method_not_allowed", "use GET or HEAD"), { allow: "GET, HEAD" });
}

/** For requests of no protocol. */
function refusePlainly(res: ServerResponse, failure: HttpFailure, headers: Headers = {}): void {
  const { code, message } = failure;
  sendJson(
    res,
    failure.status,
    { ...headers, ...failureHeaders(failure) },
    { error: { message, type: code, param: null, code } },
  );
}

/** The path of a request target, as sent; null for what is none. */
function pathOf(target: string | undefined): string | null {
  if (target === undefined) return null;
  if (target.startsWith("/")) {
    const end = target.search(/[?#]/);
    return end < 0 ? target : target.slice(0, end);
  }
  return URL.parse(target)?.pathname ?? null;
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      // A connection that cannot be taken, for want of descriptors for example, must not end the others.
      server.on("error", () => undefined);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** For what is no call, and is under way when the last call has ended. */
const afterCallsMs = 500;

/** Still listens while streams finish, so that new calls hear 503 and when to come back, and not a refused connection. */
async function drain({ gate, ingest }: GatewayPorts, server: Server, deadlineMs: number): Promise<void> {
  await Promise.all([gate.drain(deadlineMs), ingest.drain(deadlineMs)]);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), Math.min(deadlineMs, afterCallsMs));
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
