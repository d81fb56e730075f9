import type { Contender, ContenderId } from "./contenders.ts";
import type { LoadGenerator } from "./load-generator.ts";
import type { LoadPlan, LoadResult } from "./load.ts";

/** What every contender is asked to do in every round. */
export const measureNames = ["oneClient", "manyClients", "burst", "streams32", "streams256"] as const;
export type MeasureName = (typeof measureNames)[number];

/** `cpuUs`: processor time of the contender's server, µs an answer. */
export type Measured = LoadResult & { readonly cpuUs: number };

/** Result by contender and measure, of one round. */
export type Round = ReadonlyMap<ContenderId, Readonly<Record<MeasureName, Measured>>>;

/** Lengths of the measures, ms. */
export interface Lengths {
  readonly oneClientMs: number;
  readonly manyClientsMs: number;
  readonly burstMs: number;
  /** Streams are started for this long. */
  readonly streams32Ms: number;
  readonly streams256Ms: number;
  /** Between two pieces of a paced stream of 20. */
  readonly paceMs: number;
}

/** 4 KB of prompt; what the upstream is to do stands in front of it. */
export function requestBody(directive: string, streamed: boolean, bytes = 4_000): string {
  const text = "The board met on Tuesday and spoke about the budget. ";
  const content = `${directive} ${text.repeat(Math.ceil(bytes / text.length))}`.slice(0, bytes);
  return JSON.stringify({ model: "gpt-4o-mini", stream: streamed, messages: [{ role: "user", content }] });
}

export function planOf(measure: MeasureName, target: LoadPlan["target"], lengths: Lengths): LoadPlan {
  const clients = (count: number, spreadMs = 0): LoadPlan["rhythm"] => ({ kind: "clients", clients: count, spreadMs });
  const paced = requestBody(`pace=${lengths.paceMs}`, true);
  const streamMs = lengths.paceMs * 20;
  switch (measure) {
    case "oneClient":
      return { target, body: requestBody("", false), durationMs: lengths.oneClientMs, rhythm: clients(1) };
    case "manyClients":
      return { target, body: requestBody("", false), durationMs: lengths.manyClientsMs, rhythm: clients(32) };
    case "burst":
      return { target, body: requestBody("", true), durationMs: lengths.burstMs, rhythm: clients(32) };
    case "streams32":
      return { target, body: paced, durationMs: lengths.streams32Ms, rhythm: clients(32, streamMs) };
    case "streams256":
      return { target, body: paced, durationMs: lengths.streams256Ms, rhythm: clients(256, streamMs) };
  }
}

/** Contenders take turns within each measure; who begins changes with the round. */
export async function runRound(
  contenders: readonly Contender[],
  load: LoadGenerator,
  lengths: Lengths,
  first: number,
  measures: readonly MeasureName[] = measureNames,
): Promise<Round> {
  const results = new Map<ContenderId, Record<string, Measured>>(contenders.map(({ id }) => [id, {}]));
  for (const measure of measures) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const { id, target, server } = contenders[(first + turn) % contenders.length] as Contender;
      const beforeMs = (await server?.cpuMs()) ?? Number.NaN;
      const result = await load.run(planOf(measure, target, lengths));
      const usedMs = ((await server?.cpuMs()) ?? Number.NaN) - beforeMs;
      (results.get(id) as Record<string, Measured>)[measure] = { ...result, cpuUs: (usedMs * 1000) / result.answered };
    }
  }
  return results as unknown as Round;
}
