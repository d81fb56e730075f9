import { httpFailure, type Tenant } from "@tenantry/core";
import { readBody } from "../http/read-body.ts";
import { type Incoming, refuse } from "./incoming.ts";
import type { DataPlanePorts } from "./ports.ts";

export interface ReceivedBody {
  readonly bytes: Buffer;
  readonly text: string;
  /** Whose it is, as the directory had it before the body was read; null when the tenant is gone. */
  readonly tenant: Tenant | null;
}

/**
 * The body of a request, once it is known that its tenant may send one: a suspended tenant costs neither memory nor time
 * for what it sends, and hears of nothing but its suspension. Null when the request has been refused or its caller has
 * left.
 *
 * @param isCall Whether a refusal counts as a denied call.
 * @param values Members and elements that it may hold, where its route needs more than others do.
 */
export async function receiveBody(
  ports: DataPlanePorts,
  incoming: Incoming,
  isCall: boolean,
  values: number = 0,
): Promise<ReceivedBody | null> {
  const { req, who, entry } = incoming;
  const tenant = await ports.tenants.find(who.tenantId);
  if (tenant?.status === "suspended") {
    if (isCall) countDenial(ports, incoming);
    const message = `tenant ${tenant.id} is suspended; ask the operator to resume it`;
    refuse(incoming, httpFailure(403, "tenant_suspended", message, { shouldRetry: false }));
    return null;
  }
  const { body: limits } = ports.options;
  const shape = { ...limits.shape, values: Math.max(limits.shape.values, values) };
  const body = await readBody(req, { ...limits, shape, take: (bytes) => entry.takeBytes(bytes) });
  if (body.kind === "body") return { bytes: body.bytes, text: body.text, tenant };
  if (body.kind === "failure") refuse(incoming, body.failure);
  return null;
}

function countDenial({ metrics, denials, clock, log }: DataPlanePorts, { who, note }: Incoming): void {
  const code = "tenant_suspended";
  metrics.denied(code);
  denials
    .deny({ tenantId: who.tenantId, userId: null, feature: null, model: null, code, at: clock.now() })
    .catch((error: unknown) => log.warn("denial-not-counted", { callId: note.callId, reason: String(error) }));
}
