import type { IncomingMessage, ServerResponse } from "node:http";
import {
  createCancelSource,
  failureOfError,
  httpFailure,
  type HttpFailure,
  type Principal,
  TenantryError,
} from "@tenantry/core";
import { keyOf } from "../http/credentials.ts";
import { unauthenticated } from "../http/unauthenticated.ts";
import type { Entry } from "../operations/gate.ts";
import { type Incoming, type Note, refuse, type TenantPrincipal } from "./incoming.ts";
import type { DataPlanePorts } from "./ports.ts";
import { createDataRoutes, type DataRoute, envelopeFor } from "./routes.ts";

/** Serves what tenants' programs call. */
export interface DataPlane {
  readonly routes: readonly Pick<DataRoute, "method" | "path">[];
  /** Takes the request if its path is one of these routes. */
  handle(path: string, req: IncomingMessage, res: ServerResponse): boolean;
}

export function createDataPlane(ports: DataPlanePorts): DataPlane {
  const routes = createDataRoutes(ports);
  return {
    routes: routes.all,
    handle(path, req, res) {
      const found = routes.find(path);
      if (found === null) return refuseForeign(path, req, res);
      const route = found.routes.find(({ method }) => method === req.method);
      if (route === undefined) refuseMethod(found.routes, req, res);
      else void serve(ports, route, found.id, req, res);
      return true;
    },
  };
}

/** Paths of the vendors' own interfaces; what lies below and is not metered is answered as they would, and by nobody else. */
const foreign = /^\/v1\/(?!traces(?:\/|$))/;

function refuseForeign(path: string, req: IncomingMessage, res: ServerResponse): boolean {
  if (!foreign.test(path)) return false;
  const protocol = envelopeFor(path, req.headers);
  refuse({ res, protocol, note: emptyNote() }, httpFailure(404, "not_found", "there is no such route"));
  return true;
}

function refuseMethod(routes: readonly DataRoute[], req: IncomingMessage, res: ServerResponse): void {
  const allow = routes.map(({ method }) => method).join(", ");
  const protocol = routes[0]?.protocolFor(req.headers);
  if (protocol === undefined) return;
  const failure = httpFailure(405, "method_not_allowed", `${req.method} is not served here; use ${allow}`);
  refuse({ res, protocol, note: emptyNote() }, failure, { allow });
}

/** One request from its first byte to its last: let in, known, served, noted. Never rejects. */
async function serve(
  ports: DataPlanePorts,
  route: DataRoute,
  id: string | null,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const { gate, clock, options } = ports;
  const startedMs = clock.monotonicMs();
  const source = createCancelSource();
  const closed = untilClosed(req, res);
  const name = `${route.method} ${route.path}`;
  const protocol = route.protocolFor(req.headers);
  const note = emptyNote();
  // A socket that breaks is told by `close`; what it throws besides has no further listener.
  req.on("error", () => undefined);
  res.on("error", () => undefined);
  void closed.then(() => {
    if (!res.writableFinished) source.cancel(new TenantryError("cancelled", "the caller has left"));
  });
  const entering = gate.enter(source);
  let tenantId: string | null = null;
  try {
    if (entering.kind === "shed") {
      refuse({ res, protocol, note }, entering.failure, { connection: "close" });
      return;
    }
    const principal = await principalOf(ports, req);
    if (!("tenantId" in principal)) return refuse({ res, protocol, note }, principal);
    ({ tenantId } = principal);
    const { entry } = entering;
    const full = entry.admit(tenantId);
    if (full !== null) return refuse({ res, protocol, note }, full);
    const incoming: Incoming = { req, res, route: name, protocol, who: principal, entry, source, note };
    await route.serve(incoming, id);
  } catch (thrown) {
    const error = TenantryError.from(thrown);
    ports.log.error("request-failed", { route: name, callId: note.callId, reason: error.message });
    refuse({ res, protocol, note }, failureOfError(error));
    if (!res.writableEnded) res.destroy();
  } finally {
    if (entering.kind === "entered") await leave(entering.entry, res, closed, options.stallMs);
    tellOperators(ports, name, tenantId, res, note, clock.monotonicMs() - startedMs);
  }
}

async function principalOf(ports: DataPlanePorts, req: IncomingMessage): Promise<TenantPrincipal | HttpFailure> {
  const secret = keyOf(req.headers);
  if (secret === null) return unauthenticated;
  const principal: Principal | null = await ports.keys.authenticate(secret);
  if (principal === null) return unauthenticated;
  if (principal.kind === "tenant") return principal;
  return httpFailure(401, "unauthenticated", `this is an ${principal.kind} key; calls need a tenant's own`);
}

/** A request is over when its answer is with the caller, or the caller is gone or reads no more. */
async function leave(entry: Entry, res: ServerResponse, closed: Promise<void>, stallMs: number): Promise<void> {
  const timer = res.closed ? null : setTimeout(() => res.destroy(), stallMs);
  await closed;
  if (timer !== null) clearTimeout(timer);
  entry.leave();
}

function untilClosed({ socket }: IncomingMessage, res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const onClose = (): void => {
      socket.off("close", onClose);
      resolve();
    };
    res.once("close", onClose);
    // One that waits behind other answers of its connection hears nothing of its end, in some versions of Node.
    if (res.socket === null) socket.setMaxListeners(0).once("close", onClose);
  });
}

/** Ids, counts and codes; never what was asked or answered (R10). */
function tellOperators(
  { metrics, log }: DataPlanePorts,
  route: string,
  tenantId: string | null,
  res: ServerResponse,
  note: Note,
  durationMs: number,
): void {
  const isWhole = res.writableFinished;
  const status = res.headersSent ? res.statusCode : 499;
  metrics.request(route, status, durationMs / 1000);
  const { callId, model, attempts, code } = note;
  const rounded = Math.round(durationMs * 10) / 10;
  log.info("request", {
    route,
    status,
    tenantId,
    callId,
    model,
    attempts,
    code,
    durationMs: rounded,
    delivered: isWhole,
  });
}

function emptyNote(): Note {
  return { callId: null, model: null, attempts: null, code: null };
}
