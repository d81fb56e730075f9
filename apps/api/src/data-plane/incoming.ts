import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type CancelSource,
  failureHeaders,
  type HttpFailure,
  limitDetails,
  type Principal,
  requestIds,
} from "@tenantry/core";
import { type Headers, sendJson } from "../http/send.ts";
import type { Entry } from "../operations/gate.ts";
import type { Protocol } from "../protocols/protocol.ts";

export type TenantPrincipal = Extract<Principal, { kind: "tenant" }>;

/** One request of the data plane whose key is known. */
export interface Incoming {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** `POST /v1/chat/completions`. */
  readonly route: string;
  /** In whose envelope it is told of failures. */
  readonly protocol: Pick<Protocol, "error">;
  readonly who: TenantPrincipal;
  readonly entry: Entry;
  /** Cancelled when the caller leaves, or when the server can wait no longer. */
  readonly source: CancelSource;
  /** What the log will say of it. */
  readonly note: Note;
}

export interface Note {
  callId: string | null;
  model: string | null;
  attempts: number | null;
  code: string | null;
}

/** A failure as it goes over the wire. */
export interface FailureAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** `callId` is the call's where there was one; any other request gets an id of its own, for support. */
export function failureAnswer(
  protocol: Pick<Protocol, "error">,
  failure: HttpFailure,
  callId: string | null,
  more: Headers = {},
): FailureAnswer {
  const requestId = callId ?? `req_${randomUUID().replaceAll("-", "")}`;
  const { status, code, message, param } = failure;
  return {
    status,
    headers: { ...requestIds(requestId), ...callIdHeader(callId), ...more, ...failureHeaders(failure) },
    body: protocol.error({ status, code, message, param, requestId, limit: limitDetails(failure) }),
  };
}

/** Tells the caller that there will be no answer. */
export function refuse(
  incoming: Pick<Incoming, "res" | "protocol" | "note">,
  failure: HttpFailure,
  headers: Headers = {},
): void {
  const answer = failureAnswer(incoming.protocol, failure, incoming.note.callId, headers);
  incoming.note.code = failure.code;
  sendJson(incoming.res, answer.status, answer.headers, answer.body);
}

function callIdHeader(callId: string | null): Headers {
  return callId === null ? {} : { "x-tenantry-call-id": callId };
}
