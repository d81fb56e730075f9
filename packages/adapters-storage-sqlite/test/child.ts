import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A process of its own that speaks in lines. */
export interface Child {
  /** The next line on its standard output; rejects when there is none any more. */
  line(): Promise<string>;
  tell(line: string): void;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
}

/** Starts a script of this folder. */
export function startChild(script: string, ...values: string[]): Child {
  const file = join(import.meta.dirname, script);
  const child = spawn(process.execPath, ["--conditions=@tenantry/source", file, ...values]);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, "close");
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  return {
    async line() {
      const next = await lines.next();
      if (next.done === true) throw new Error(`the process has ended: ${errors}`);
      return next.value;
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
