import type { Clock, IdSource } from "@tenantry/core";

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
/** Milliseconds until the year 5188. */
const timeLength = 9;
const counterLength = 4;
const countersPerMs = 36 ** counterLength;
/** 82 bits: two processes that make a billion ids in the same millisecond would still not meet. */
const randomLength = 16;
const poolBytes = 4_096;
/** The largest multiple of 36 in a byte; bytes from there on would favour some characters. */
const fairBytes = 252;

/**
 * Ids of 29 characters: time, a counter within the millisecond, and cryptographic randomness. They sort by creation
 * within the process, also when the wall clock steps back.
 *
 * @param ports.clock where the time comes from; the machine's by default.
 */
export function createRandomIds(ports: { readonly clock?: Pick<Clock, "now"> } = {}): IdSource {
  const now = ports.clock === undefined ? Date.now : ports.clock.now;
  const randomText = createRandomText();
  let lastMs = 0;
  let counter = 0;
  return {
    next(prefix) {
      const nowMs = now();
      if (nowMs > lastMs) {
        lastMs = nowMs;
        counter = 0;
      } else {
        counter += 1;
        if (counter === countersPerMs) {
          lastMs += 1;
          counter = 0;
        }
      }
      const time = lastMs.toString(36).padStart(timeLength, "0");
      return `${prefix}_${time}${counter.toString(36).padStart(counterLength, "0")}${randomText(randomLength)}`;
    },
  };
}

/** Fair random characters, from a pool because a call to the generator costs far more than 16 bytes. */
function createRandomText(): (length: number) => string {
  const pool = new Uint8Array(poolBytes);
  let next = poolBytes;
  return (length) => {
    let text = "";
    while (text.length < length) {
      if (next === poolBytes) {
        crypto.getRandomValues(pool);
        next = 0;
      }
      const byte = pool[next] ?? fairBytes;
      next += 1;
      if (byte < fairBytes) text += alphabet.charAt(byte % alphabet.length);
    }
    return text;
  };
}
