import { failureHeaders, type HttpFailure, limitDetails, requestIds } from "@tenantry/core";
import type { Protocol } from "./protocols/protocol.ts";

export interface RefusalOptions {
  /** Null where there was no call. */
  readonly callId: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A failure as the vendor's own server would tell it, so that the client raises its own error class. */
export function refusal(
  protocol: Protocol,
  failure: HttpFailure,
  { callId, headers = {} }: RefusalOptions = { callId: null },
): Response {
  const requestId = callId ?? `req_${crypto.randomUUID().replaceAll("-", "")}`;
  const { status, code, message, param } = failure;
  return Response.json(
    protocol.failureBody({ status, code, message, param, requestId, limit: limitDetails(failure) }),
    {
      status,
      headers: {
        ...requestIds(requestId),
        ...(callId === null ? {} : { "x-tenantry-call-id": callId }),
        ...headers,
        ...failureHeaders(failure),
      },
    },
  );
}
