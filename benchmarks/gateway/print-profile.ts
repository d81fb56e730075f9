import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { printTable } from "./print-table.ts";

/** Where the time of the busiest thread went, after the profiles that V8 left in a folder. */
export async function printBusiest(title: string, folder: string): Promise<void> {
  const profiles = await Promise.all(
    (await readdir(folder))
      .filter((name) => name.endsWith(".cpuprofile"))
      .map(async (name) => JSON.parse(await readFile(join(folder, name), "utf8")) as CpuProfile),
  );
  // Every thread leaves one; the main thread's is the one that served.
  const [busiest] = profiles.map(selfTimes).toSorted((a, b) => b.busyUs - a.busyUs);
  if (busiest === undefined) throw new Error("there is no profile");
  print(title, busiest);
}

/** https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface SelfTimes {
  /** All but idle. */
  readonly busyUs: number;
  readonly byPackage: ReadonlyMap<string, number>;
  readonly byFunction: ReadonlyMap<string, number>;
}

function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): SelfTimes {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const byPackage = new Map<string, number>();
  const byFunction = new Map<string, number>();
  let busyUs = 0;
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id);
    const spentUs = timeDeltas[index] ?? 0;
    if (frame === undefined || frame.functionName === "(idle)") continue;
    busyUs += spentUs;
    const owner = packageOf(frame.url, frame.functionName);
    const name = `${owner} ${frame.functionName || "(anonymous)"}${frame.url === "" ? "" : `:${frame.lineNumber + 1}`}`;
    byPackage.set(owner, (byPackage.get(owner) ?? 0) + spentUs);
    byFunction.set(name, (byFunction.get(name) ?? 0) + spentUs);
  }
  return { busyUs, byPackage, byFunction };
}

function packageOf(url: string, functionName: string): string {
  if (functionName === "(garbage collector)") return "V8: garbage collection";
  if (url === "") return "native";
  if (url.startsWith("node:")) return "node";
  const installed = url.split("/node_modules/").at(-1);
  if (installed !== url && installed !== undefined)
    return installed
      .split("/")
      .slice(0, installed.startsWith("@") ? 2 : 1)
      .join("/");
  return /\/((?:packages|apps)\/[^/]+)\//.exec(url)?.[1] ?? url;
}

function print(title: string, { busyUs, byPackage, byFunction }: SelfTimes): void {
  const rows = (times: ReadonlyMap<string, number>, most: number): string[][] =>
    [...times]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([name, spentUs]) => [name, `${((100 * spentUs) / busyUs).toFixed(1)} %`]);
  printTable(`${title}, by package`, ["", "self"], rows(byPackage, 15));
  printTable(`${title}, by function`, ["", "self"], rows(byFunction, 40));
}
