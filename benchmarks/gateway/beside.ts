import type { Target } from "./load.ts";
import type { LoadGenerator } from "./load-generator.ts";
import { requestBody } from "./measures.ts";

/** One look at the same moderate load, ms. */
export interface Look {
  readonly p99: number;
  readonly firstByteP50: number;
  readonly firstByteP99: number;
}

export interface BesideOptions {
  /** What is measured. */
  readonly target: Target;
  /** Where the disturbance goes. */
  readonly disturbed: { readonly prompt: Target; readonly report: Target };
  readonly load: LoadGenerator;
  readonly disturber: LoadGenerator;
  readonly durationMs: number;
  readonly paceMs: number;
}

const callsPerSecond = 200;

/** 200 calls a second and 32 streams, alone. */
export async function lookAlone({ target, load, durationMs, paceMs }: BesideOptions): Promise<Look> {
  const [whole, streams] = await Promise.all([
    load.run({
      target,
      body: requestBody("", false),
      durationMs,
      rhythm: { kind: "steady", perSecond: callsPerSecond },
    }),
    load.run({
      target,
      body: requestBody(`pace=${paceMs}`, true),
      durationMs,
      rhythm: { kind: "clients", clients: 32, spreadMs: paceMs * 20 },
    }),
  ]);
  return { p99: whole.totalMs.p99, firstByteP50: streams.firstByteMs.p50, firstByteP99: streams.firstByteMs.p99 };
}

/** The same, while a month's report and a prompt of 1 MB begin every second. */
export async function lookBeside(
  options: BesideOptions,
): Promise<Look & { readonly reportMs: number; readonly promptMs: number }> {
  const { disturbed, disturber, durationMs } = options;
  const everySecond = { kind: "steady", perSecond: 1 } as const;
  const [look, report, prompt] = await Promise.all([
    lookAlone(options),
    disturber.run({ target: disturbed.report, body: null, durationMs, rhythm: everySecond }),
    disturber.run({
      target: disturbed.prompt,
      body: requestBody("", false, 1_000_000),
      durationMs,
      rhythm: everySecond,
    }),
  ]);
  return { ...look, reportMs: report.totalMs.p50, promptMs: prompt.totalMs.p50 };
}
