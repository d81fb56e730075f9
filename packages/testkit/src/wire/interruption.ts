import assert from "node:assert/strict";
import { TenantryError } from "@tenantry/core";
import { soon, type UpstreamError } from "../chat-model/observe.ts";
import type { WireServer } from "./wire-server.ts";

/** The reason of a signal whose time has passed. */
export const deadline = (): TenantryError => new TenantryError("upstream_timeout", "the deadline passed");

/** Waits until the server has seen every connection close before its answer was whole. */
export async function assertClosed(server: WireServer): Promise<void> {
  for (const request of server.requests) {
    await soon(request.closed, "the connection to close");
    assert.equal(request.closedEarly, true);
  }
}

export function assertTimedOut(errors: readonly UpstreamError[]): void {
  for (const { code, upstream, retryable } of errors) {
    assert.deepEqual(
      [code, upstream.kind, upstream.fault, retryable],
      ["upstream_timeout", "timeout", "provider", true],
    );
  }
}

export function assertCancelled(errors: readonly UpstreamError[]): void {
  for (const { code, upstream, retryable } of errors) {
    assert.deepEqual([code, upstream.kind, upstream.fault, retryable], ["cancelled", "aborted", "caller", false]);
  }
}

/** Of one request: it failed as cancelled and its connection closed, while the server went on writing. */
export async function assertLeftGenerating(server: WireServer, error: UpstreamError): Promise<void> {
  assert.deepEqual([error.code, error.upstream.kind], ["cancelled", "aborted"]);
  const [request, ...others] = server.requests;
  assert(request !== undefined && others.length === 0, "the abort caused another request");
  await soon(request.closed, "the connection to close");
  await new Promise((resolve) => setImmediate(resolve));
  assert(request.bytesAfterClose > 0, "the server was not generating any more");
}
