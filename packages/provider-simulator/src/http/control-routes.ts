import type { IncomingMessage, ServerResponse } from "node:http";
import { formatInvoice } from "../billing/format-invoice.ts";
import type { Invoice } from "../billing/invoice.ts";
import type { FaultPlan } from "../faults/fault-plan.ts";
import type { LatencyKnobs } from "../faults/latency.ts";
import { parseLatencyKnobs } from "../faults/latency.ts";
import { parseFaultPlan } from "../faults/parse-fault-plan.ts";
import { readBody } from "./read-body.ts";

export const controlPrefix = "/__simulator/";

/** What can be done to a running simulator from another process. */
export interface Control {
  invoice(): Invoice;
  plan(faults: FaultPlan): void;
  setLatency(knobs: LatencyKnobs): void;
  reset(): void;
}

function send(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { "content-type": "application/json" });
  res.end(text);
}

async function parsed<T>(req: IncomingMessage, parse: (value: unknown) => T): Promise<T> {
  return parse(JSON.parse(await readBody(req)));
}

/** Serves `/__simulator/…`; a bad plan or knob is a 400 that names the field. */
export async function serveControl(
  control: Control,
  route: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  // A page in somebody's browser must not be able to steer a simulator on their machine.
  if (req.headers.origin !== undefined) return send(res, 403, '{"error":"not from a browser"}');
  try {
    switch (`${req.method} ${route}`) {
      case "GET health":
        return send(res, 200, '{"status":"ok"}');
      case "GET invoice":
        return send(res, 200, formatInvoice(control.invoice()));
      case "POST plan":
        control.plan(await parsed(req, parseFaultPlan));
        return send(res, 200, '{"status":"ok"}');
      case "POST latency":
        control.setLatency(await parsed(req, parseLatencyKnobs));
        return send(res, 200, '{"status":"ok"}');
      case "POST reset":
        control.reset();
        return send(res, 200, '{"status":"ok"}');
      default:
        return send(res, 404, '{"error":"no such control route"}');
    }
  } catch (error) {
    const message = error instanceof TypeError ? error.message : "the body is not JSON";
    return send(res, 400, JSON.stringify({ error: message }));
  }
}
