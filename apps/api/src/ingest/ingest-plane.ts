import type { IncomingMessage, ServerResponse } from "node:http";
import {
  createCancelSource,
  failureHeaders,
  failureOfError,
  httpFailure,
  type HttpFailure,
  type SpanRemark,
  TenantryError,
} from "@tenantry/core";
import { onlyKeyOf } from "../http/credentials.ts";
import { readBytes } from "../http/read-body.ts";
import { type Headers, send } from "../http/send.ts";
import { unauthenticated } from "../http/unauthenticated.ts";
import type { Entry } from "../operations/gate.ts";
import { encodingOf, exportAnswer, type OtlpEncoding, type PartialSuccess, statusAnswer } from "./otlp-answer.ts";
import type { IngestPlanePorts } from "./ports.ts";
import { createRecorder, type Recorder, type Sender } from "./recorder.ts";

/** Takes in what others' tracing exports. */
export interface IngestPlane {
  readonly routes: readonly { readonly method: "POST"; readonly path: string }[];
  /** Takes the request if its path is one of these routes. */
  handle(path: string, req: IncomingMessage, res: ServerResponse): boolean;
  /** From now on nothing is taken in. Resolves when what came before is answered, within the deadline. */
  drain(deadlineMs: number): Promise<void>;
}

/** OTLP's own path, and where Netra's SDK puts it below its usual endpoint. */
const paths = ["/v1/traces", "/telemetry/v1/traces"] as const;

/** Longest until a whole export is there, ms. */
const bodyMs = 30_000;

export function createIngestPlane(given: IngestPlanePorts): IngestPlane {
  const ports = { ...given, recorder: createRecorder(given.ingest, given.callsBeside) };
  return {
    routes: paths.map((path) => ({ method: "POST", path })),
    handle(path, req, res) {
      if (!paths.some((known) => known === path)) return false;
      const encoding = encodingOf(req.headers["content-type"]);
      if (req.method === "POST") void serve(ports, path, encoding, req, res);
      else {
        const failure = httpFailure(405, "method_not_allowed", `${req.method} is not served here; use POST`);
        refuse(res, encoding, failure, { allow: "POST" });
      }
      return true;
    },
    drain: async (deadlineMs) => await ports.gate.drain(deadlineMs),
  };
}

type ServingPorts = IngestPlanePorts & { readonly recorder: Recorder };

/** What became of an export, for whoever runs the server. */
interface Note {
  bytes: number;
  accepted: number;
  known: number;
  refused: readonly SpanRemark[];
  remarks: readonly SpanRemark[];
}

/** One export from its first byte to its answer. Never rejects. */
async function serve(
  ports: ServingPorts,
  path: string,
  encoding: OtlpEncoding | null,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const { gate, clock } = ports;
  const startedMs = clock.monotonicMs();
  const source = createCancelSource();
  const note: Note = { bytes: 0, accepted: 0, known: 0, refused: [], remarks: [] };
  // A socket that breaks ends the reading; what it throws besides has no further listener.
  req.on("error", () => undefined);
  res.on("error", () => undefined);
  const entering = gate.enter(source);
  let sender: Sender | null = null;
  try {
    if (entering.kind === "shed") return refuse(res, encoding, entering.failure, { connection: "close" });
    const { entry } = entering;
    const found = await senderOf(ports, req);
    if ("status" in found) return refuse(res, encoding, found);
    sender = found;
    if (encoding === null) return refuse(res, null, unknownType);
    const full = admit(entry, sender);
    if (full !== null) return refuse(res, encoding, full);
    const partial = await take(ports, { sender, encoding, entry, note, isCancelled: () => source.signal.aborted }, req);
    if (partial === "gone") return;
    if (partial !== null && "status" in partial) return refuse(res, encoding, partial, closing(partial));
    const { type, bytes } = exportAnswer(encoding, partial);
    send(res, 200, { "content-type": type }, bytes);
  } catch (thrown) {
    const error = TenantryError.from(thrown);
    if (error.code !== "invalid_request") ports.log.error("ingest-failed", { route: path, reason: error.message });
    refuse(res, encoding, failureOfError(error));
    if (!res.writableEnded) res.destroy();
  } finally {
    if (entering.kind === "entered") entering.entry.leave();
    tellOperators(ports, `POST ${path}`, sender, res, note, clock.monotonicMs() - startedMs);
  }
}

interface Taking {
  readonly sender: Sender;
  readonly encoding: OtlpEncoding;
  readonly entry: Entry;
  readonly note: Note;
  /** Whether the server can wait no longer. */
  isCancelled(): boolean;
}

/** Body, spans, ledger: what was not taken of them, or why nothing was; "gone" where nobody waits for it. */
async function take(
  ports: ServingPorts,
  { sender, encoding, entry, note, isCancelled }: Taking,
  req: IncomingMessage,
): Promise<PartialSuccess | HttpFailure | null | "gone"> {
  const body = await readBytes(req, {
    bytes: ports.options.bodyBytes,
    deadlineMs: bodyMs,
    take: (bytes) => entry.takeBytes(bytes),
  });
  if (body.kind === "gone") return "gone";
  if (body.kind === "failure") return body.failure;
  note.bytes = body.bytes.length;
  const { spans, refused } = await ports.spanReader.read(body.bytes, encoding);
  note.refused = refused;
  const result = await ports.recorder.record(sender, spans, () => {
    if (isCancelled()) throw new TenantryError("overloaded", "the server is stopping; send the export again");
  });
  Object.assign(note, { ...result, refused: [...refused, ...result.refused] } satisfies Partial<Note>);
  return partialOf(note);
}

/** What exporters log: how many spans were not taken, and why; also what was taken otherwise than it came. */
function partialOf({ refused, remarks }: Note): PartialSuccess | null {
  if (refused.length + remarks.length === 0) return null;
  const told = [...summed(refused), ...summed(remarks)].map(([reason, spans]) => `${spans} × ${reason}`);
  return { rejectedSpans: refused.reduce((sum, { spans }) => sum + spans, 0), errorMessage: told.join("; ") };
}

function summed(remarks: readonly SpanRemark[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { reason, spans } of remarks) sums.set(reason, (sums.get(reason) ?? 0) + spans);
  return sums;
}

/** Whose key it is, and what it may write for (R4). */
async function senderOf({ keys, tenants }: IngestPlanePorts, req: IncomingMessage): Promise<Sender | HttpFailure> {
  const { secret, isTwo } = onlyKeyOf(req.headers);
  if (isTwo) return twoKeys;
  const principal = secret === null ? null : await keys.authenticate(secret);
  if (principal === null) return noKey;
  const { keyId } = principal;
  if (principal.kind !== "tenant") return { scope: { kind: "installation" }, keyId };
  const { tenantId } = principal;
  if ((await tenants.find(tenantId)) === null) return noKey;
  return { scope: { kind: "tenant", tenantId }, keyId };
}

/** One tenant may not take every place; who writes for all may. OTLP's word for "slower" is 429. */
function admit(entry: Entry, { scope }: Sender): HttpFailure | null {
  const full = scope.kind === "tenant" ? entry.admit(scope.tenantId) : null;
  return full === null ? null : { ...full, status: 429 };
}

const noKey: HttpFailure = {
  ...unauthenticated,
  message: "no valid key; send a tenant's, an ingest or an admin key as Authorization: Bearer or as x-api-key",
};
const twoKeys: HttpFailure = {
  ...unauthenticated,
  message: "Authorization and x-api-key hold two different keys; send one, or the same in both",
};
const unknownType: HttpFailure = httpFailure(
  415,
  "unsupported_media_type",
  "send the export as application/json or application/x-protobuf",
);

/** What is still to come of a body that took too long is not waited for. */
function closing({ status }: HttpFailure): Headers {
  return status === 408 ? { connection: "close" } : {};
}

function refuse(res: ServerResponse, encoding: OtlpEncoding | null, failure: HttpFailure, headers: Headers = {}): void {
  const { type, bytes } = statusAnswer(encoding ?? "json", failure);
  send(res, failure.status, { "content-type": type, ...headers, ...failureHeaders(failure) }, bytes);
}

/** Ids, counts and reasons of a closed list; nothing that was in a span (R10). */
function tellOperators(
  { metrics, log }: IngestPlanePorts,
  route: string,
  sender: Sender | null,
  res: ServerResponse,
  note: Note,
  durationMs: number,
): void {
  const status = res.headersSent ? res.statusCode : 499;
  metrics.batch(route, status, durationMs / 1000, note);
  const { bytes, accepted, known, refused } = note;
  log.info("ingest", {
    route,
    status,
    keyId: sender?.keyId ?? null,
    tenantId: sender?.scope.kind === "tenant" ? sender.scope.tenantId : null,
    bytes,
    accepted,
    known,
    refused: refused.reduce((sum, { spans }) => sum + spans, 0),
    durationMs: Math.round(durationMs * 10) / 10,
  });
}
