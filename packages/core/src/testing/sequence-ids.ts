import type { IdSource } from "../ports/id-source.port.ts";

const streamLength = 4;
const counterLength = 22;

/**
 * Ids that count up from 1 per prefix: `call_00000000000000000000000001`. Two sources of different streams (0 to
 * 36⁴ − 1, default 0) never give the same id.
 */
export function createSequenceIds(options: { readonly stream?: number } = {}): IdSource {
  const stream = (options.stream ?? 0).toString(36).padStart(streamLength, "0");
  const last = new Map<string, number>();
  return {
    next(prefix) {
      const count = (last.get(prefix) ?? 0) + 1;
      last.set(prefix, count);
      return `${prefix}_${stream}${count.toString(36).padStart(counterLength, "0")}`;
    },
  };
}
