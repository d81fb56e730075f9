import { type FaultPlan, type Invoice, type LatencyKnobs, parseInvoice } from "@tenantry/provider-simulator";
import { type Child, startChild, workspaceFile } from "./child.ts";
import { killedWithTest } from "./killed-with-test.ts";

/** A simulator that outlives the processes that call it. */
export interface RemoteSimulator {
  readonly url: string;
  plan(faults: FaultPlan): Promise<void>;
  setLatency(knobs: LatencyKnobs): Promise<void>;
  invoice(): Promise<Invoice>;
}

/** Starts the simulator as a process of its own; unless it is said how it is kept, it ends with the test. */
export async function startRemoteSimulator(
  keep: (child: Child) => Child = killedWithTest,
  seed: number = 7,
): Promise<RemoteSimulator> {
  const child = keep(startChild(workspaceFile("packages/provider-simulator/src/main.ts"), ["--seed", String(seed)]));
  const { url } = JSON.parse(await child.firstLine) as { url: string };
  const control = async (method: "GET" | "POST", route: string, body?: unknown): Promise<string> => {
    const answer = await fetch(`${url}/__simulator/${route}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the simulator says ${answer.status}: ${text}`);
    return text;
  };
  return {
    url,
    plan: async (faults) => void (await control("POST", "plan", faults)),
    setLatency: async (knobs) => void (await control("POST", "latency", knobs)),
    invoice: async () => parseInvoice(await control("GET", "invoice")),
  };
}
