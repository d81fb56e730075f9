/** How long answers take. Everything is 0 unless set. */
export interface LatencyKnobs {
  /** Until the first byte of an answer, ms. */
  readonly timeToFirstByteMs?: number;
  /** Between the tokens of a stream, ms. */
  readonly perTokenMs?: number;
  /** The whole answer, ms: a stream spreads what is left after the first byte over its tokens. Goes before `perTokenMs`. */
  readonly totalMs?: number;
  /** 0 to 1: each answer's times are multiplied by a number in [1 − r, 1 + r), drawn from the seed. */
  readonly jitterRatio?: number;
  /** Knobs of single models, by requested name or family; they replace the fields they name. */
  readonly models?: Readonly<Record<string, Omit<LatencyKnobs, "models">>>;
}

/** The times of one answer. */
export interface Pace {
  readonly firstByteMs: number;
  perTokenMs(totalTokens: number): number;
  /** When an answer that is no stream is sent. */
  readonly wholeMs: number;
}

/** Times for one answer of a model; `random` decides the jitter. */
export function choosePace(
  knobs: LatencyKnobs,
  model: { readonly name: string; readonly family: string },
  random: () => number,
): Pace {
  const { models, ...general } = knobs;
  const merged = { ...general, ...(models?.[model.name] ?? models?.[model.family]) };
  const { timeToFirstByteMs = 0, perTokenMs = 0, totalMs, jitterRatio = 0 } = merged;
  const factor = jitterRatio > 0 ? 1 + jitterRatio * (2 * random() - 1) : 1;
  const firstByteMs = Math.min(timeToFirstByteMs, totalMs ?? Number.POSITIVE_INFINITY) * factor;
  return {
    firstByteMs,
    wholeMs: totalMs === undefined ? firstByteMs : totalMs * factor,
    perTokenMs: (tokens) =>
      totalMs === undefined ? perTokenMs * factor : Math.max(0, totalMs * factor - firstByteMs) / Math.max(1, tokens),
  };
}

const names = ["timeToFirstByteMs", "perTokenMs", "totalMs", "jitterRatio"];

/** Checks knobs that came from outside; a TypeError names the first bad field by its path. */
export function parseLatencyKnobs(value: unknown, path = "latency"): LatencyKnobs {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${path} must be an object`);
  }
  for (const [name, found] of Object.entries(value)) {
    if (name === "models" && path === "latency" && typeof found === "object" && found !== null) {
      for (const [model, knobs] of Object.entries(found)) {
        parseLatencyKnobs(knobs, `latency.models.${model}`);
      }
    } else if (!names.includes(name)) {
      throw new TypeError(`${path}.${name} is not a known field`);
    } else if (typeof found !== "number" || !Number.isFinite(found) || found < 0) {
      throw new TypeError(`${path}.${name} must be a number of at least 0`);
    } else if (name === "jitterRatio" && found > 1) {
      throw new TypeError(`${path}.${name} must be at most 1`);
    }
  }
  return value as LatencyKnobs;
}
