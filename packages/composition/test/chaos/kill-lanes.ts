import type { Child } from "../support/child.ts";
import { createSeededRandom } from "../support/seeded-random.ts";
import { wait } from "../support/traffic.ts";
import type { Killed } from "./evidence.ts";

/** One place in the installation: a process, and when that was killed the next. */
export interface Lane {
  readonly kind: "gateways" | "libraries";
  start(seed: number): Child;
  /** How much its callers have seen of it. */
  seen(child: Child): number;
  /** Already running. */
  readonly first?: Child;
}

export interface KillOptions {
  readonly kills: number;
  readonly seed: number;
  readonly mostMs?: number;
  progress(text: string): void;
}

const longestWaitMs = 2_500;
const progressMs = 5_000;

/**
 * Kills and starts again until there were enough kills. One in five is killed while it starts, which recovers what
 * others left; the rest by what they have done, so that a slow machine does not kill them all before they do anything.
 */
export async function killInLanes(lanes: readonly Lane[], options: KillOptions): Promise<Killed> {
  const { kills, seed, mostMs = Number.POSITIVE_INFINITY, progress } = options;
  const startedMs = performance.now();
  const counts = { gateways: 0, libraries: 0, whileStarting: 0, besideAnother: 0 };
  const atWork = new Set<Child>();
  let next = 0;
  let toldMs = startedMs;

  const tell = (): void => {
    const nowMs = performance.now();
    if (nowMs - toldMs < progressMs) return;
    toldMs = nowMs;
    const killed = counts.gateways + counts.libraries;
    progress(`${killed} of ${kills} kills (${counts.gateways} gateways), ${Math.round((nowMs - startedMs) / 1000)} s`);
  };

  const killOnce = async (lane: Lane, child: Child, childSeed: number, isEarly: boolean): Promise<void> => {
    const random = createSeededRandom(childSeed);
    if (isEarly) {
      await wait(random.whole(lane.kind === "gateways" ? 700 : 250));
    } else {
      await child.firstLine;
      atWork.add(child);
      await untilSeen(() => lane.seen(child), random.whole(30));
      await wait(random.whole(40));
    }
    counts[lane.kind] += 1;
    if (isEarly) counts.whileStarting += 1;
    if ([...atWork].some((other) => other !== child)) counts.besideAnother += 1;
    child.kill();
    const status = await child.ended;
    atWork.delete(child);
    if (status !== null) throw new Error(`a process ended by itself with ${status}: ${child.err().slice(-2_000)}`);
  };

  const run = async (lane: Lane): Promise<void> => {
    let child = lane.first;
    for (next += 1; next <= kills && performance.now() - startedMs < mostMs; next += 1) {
      const childSeed = (Math.imul(seed, 100_003) + next) >>> 0;
      const isEarly = child === undefined && next % 5 === 0;
      await killOnce(lane, child ?? lane.start(childSeed), childSeed, isEarly);
      child = undefined;
      tell();
    }
    child?.kill();
  };
  await Promise.all(lanes.map(run));
  return counts;
}

async function untilSeen(seen: () => number, things: number): Promise<void> {
  const deadline = performance.now() + longestWaitMs;
  while (seen() < things && performance.now() < deadline) await wait(5);
}
