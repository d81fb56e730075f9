import type { ChildProcesses } from "../gateway/child-processes.ts";
import type { Exported, ExportPlan, SenderOrder, SenderReport } from "./export-plan.ts";

/** A process that exports spans. */
export interface Sender {
  /** Makes the bodies, so that the sending costs next to nothing. */
  prepare(plan: ExportPlan): Promise<void>;
  /** Sends what was prepared. Rejects when an export was not wholly taken. */
  send(): Promise<Exported>;
}

type Told = { readonly kind: "prepare"; readonly plan: ExportPlan } | { readonly kind: "send" };

export async function startSender(processes: ChildProcesses): Promise<Sender> {
  const { process: child } = await processes.start("sender", { file: "../ingest/sender-process.ts" });
  let lastId = 0;
  const tell = async (told: Told): Promise<Exported | null> => {
    lastId += 1;
    const order: SenderOrder = { id: lastId, ...told };
    const report = await new Promise<SenderReport>((resolve, reject) => {
      const settle = (): void => {
        child.off("message", onMessage);
        child.off("exit", onExit);
      };
      const onMessage = (message: unknown): void => {
        if ((message as SenderReport).id !== order.id) return;
        settle();
        resolve(message as SenderReport);
      };
      const onExit = (): void => {
        settle();
        reject(new Error("the sender ended"));
      };
      child.on("message", onMessage);
      child.once("exit", onExit);
      child.send(order);
    });
    if ("error" in report) throw new Error(report.error);
    return report.exported;
  };
  return {
    prepare: async (plan) => void (await tell({ kind: "prepare", plan })),
    async send() {
      const exported = await tell({ kind: "send" });
      if (exported === null) throw new Error("nothing was sent");
      return exported;
    },
  };
}
