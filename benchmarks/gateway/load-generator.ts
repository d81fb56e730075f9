import type { ChildProcesses } from "./child-processes.ts";
import type { LoadPlan, LoadReport, LoadResult } from "./load.ts";

/** A process that makes requests. */
export interface LoadGenerator {
  /** @throws Error when a request was not answered as it should be: a figure with failures in it says nothing. */
  run(plan: LoadPlan): Promise<LoadResult>;
}

export async function startLoadGenerator(processes: ChildProcesses, name: string): Promise<LoadGenerator> {
  const { process: child } = await processes.start(name, { file: "./load-process.ts" });
  let lastId = 0;
  return {
    async run(plan) {
      lastId += 1;
      const id = lastId;
      const report = await new Promise<LoadReport>((resolve, reject) => {
        const settle = (): void => {
          child.off("message", onMessage);
          child.off("exit", onExit);
        };
        const onMessage = (message: unknown): void => {
          if ((message as LoadReport).id !== id) return;
          settle();
          resolve(message as LoadReport);
        };
        const onExit = (): void => {
          settle();
          reject(new Error(`${name} ended`));
        };
        child.on("message", onMessage);
        child.once("exit", onExit);
        child.send({ id, plan });
      });
      if ("error" in report) throw new Error(report.error);
      const { result } = report;
      if (result.failed > 0) {
        const { origin, path } = plan.target;
        throw new Error(
          `${result.failed} of ${result.failed + result.answered} requests to ${origin}${path} failed: ${result.firstFailure}`,
        );
      }
      return result;
    },
  };
}
