import {
  askedTarget,
  type CallEnded,
  type CallInput,
  deniedRateHeaders,
  failureOfDenial,
  failureOfError,
  formatModelRef,
  type Metered,
  type Policy,
  type RelayEvent,
  TenantryError,
  type Work,
} from "@tenantry/core";
import type { Protocol } from "../protocols/protocol.ts";
import { callerFacts, crossingHeaders, inHeaderNames } from "./caller-headers.ts";
import { type Delivery, deliverStream, deliverWhole, replay } from "./deliver.ts";
import { claimKey } from "./idempotency.ts";
import { type Incoming, refuse } from "./incoming.ts";
import type { DataPlanePorts } from "./ports.ts";
import { createPace, pacedWork } from "./pace.ts";
import { type ProtocolCall, readProtocolCall } from "./protocol-work.ts";
import { receiveBody } from "./receive-body.ts";
import { tellFailed } from "./tell-failed.ts";

/** A route on which models are called. */
export interface CallRoute {
  /** In the words of `Relay.protocol` and `Relay.operations`. */
  readonly protocol: string;
  readonly operation: string;
  /** Null where other providers cannot be asked in translation. */
  readonly translation: Protocol | null;
  /** Members and elements its body may hold, where that is more than elsewhere. */
  readonly values?: number;
}

/** May they → body → whose key is this → the one way a call is made → the caller's wire. */
export async function serveCall(ports: DataPlanePorts, incoming: Incoming, route: CallRoute): Promise<void> {
  const { req, who, entry } = incoming;
  const body = await receiveBody(ports, incoming, true, route.values);
  if (body === null) return;
  const policy = body.tenant === null ? null : ports.tenantry.policyFor(body.tenant);
  let callId = "";
  const createdAt = ports.clock.now();
  const { protocol, operation, translation } = route;
  let call: ProtocolCall;
  try {
    call = readProtocolCall({
      providers: ports.providers,
      protocol,
      translation,
      aliases: policy?.aliases ?? [],
      request: { operation, body: body.text, headers: crossingHeaders(req.headers) },
      facts: () => ({ id: callId, createdAt }),
    });
    const target = askedTarget(policy, call.model, call.work);
    if (target !== null) call.require(target);
  } catch (error) {
    return refuse(incoming, failureOfError(TenantryError.from(error)));
  }
  const full = call.streamed ? entry.takeStream() : null;
  if (full !== null) return refuse(incoming, full);

  const claiming = await claimKey(ports, incoming, body.bytes, policy?.keepAnswers ?? false);
  if (claiming.kind === "refused") return refuse(incoming, claiming.failure);
  if (claiming.kind === "replay") return replay(incoming, claiming.answer);
  const { claim } = claiming;
  const input: CallInput = {
    tenantId: who.tenantId,
    keyId: who.keyId,
    ...callerFacts(req.headers, call.userId),
    ...(call.model === null || call.model === "" ? {} : { model: call.model }),
    operation,
    signal: incoming.source.signal,
    beforeFirstAttempt: (id) => {
      callId = id;
      return claim.begin(id);
    },
  };
  const pace = createPace();
  const delivery: Delivery = { incoming, claim, showCost: policy?.showCost ?? false, translation, pace };
  await makeCall(ports, delivery, policy, input, call.streamed ? pacedWork(call.work, pace) : call.work);
}

async function makeCall(
  ports: DataPlanePorts,
  delivery: Delivery,
  policy: Policy | null,
  input: CallInput,
  work: Work<RelayEvent>,
): Promise<void> {
  const { incoming, claim } = delivery;
  const { metrics } = ports;
  let ended: CallEnded | null = null;
  metrics.begun();
  try {
    const metered = await ports.tenantry.meter(input, work);
    incoming.note.callId = metered.callId;
    ended = await tell(ports, delivery, policy, work, metered);
  } catch (error) {
    // Nothing was sent: the ids are wrong, or a store of ours failed before.
    await claim.free();
    refuse(incoming, failureOfError(inHeaderNames(TenantryError.from(error), incoming.req.headers)));
  } finally {
    metrics.ended(incoming.route, ended);
  }
}

async function tell(
  ports: DataPlanePorts,
  delivery: Delivery,
  policy: Policy | null,
  work: Work<RelayEvent>,
  metered: Metered<RelayEvent>,
): Promise<CallEnded | null> {
  const { incoming, claim } = delivery;
  switch (metered.kind) {
    case "denied":
      ports.metrics.denied(metered.denial.code);
      await claim.free();
      refuse(
        incoming,
        failureOfDenial(metered.denial, policy),
        deniedRateHeaders(metered.denial, policy, ports.clock.now()),
      );
      return null;
    case "failed":
      await tellFailed(incoming, claim, metered, policy, metered.ended);
      return metered.ended;
    case "answering":
      incoming.note.model = formatModelRef(metered.model);
      incoming.note.attempts = metered.attempts;
      return await (work.streamed ? deliverStream : deliverWhole)(ports, delivery, metered);
  }
}
