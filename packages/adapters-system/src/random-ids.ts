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
  let time = "";
  let counter = 0;
  const setTime = (ms: number): void => {
    lastMs = ms;
    time = ms.toString(36).padStart(timeLength, "0");
    counter = 0;
  };
  return {
    next(prefix) {
      const nowMs = now();
      if (nowMs > lastMs) setTime(nowMs);
      else if (counter === countersPerMs - 1) setTime(lastMs + 1);
      else counter += 1;
      return `${prefix}_${time}${counter.toString(36).padStart(counterLength, "0")}${randomText()}`;
    },
  };
}

/** Fair random characters, from a pool because a call to the generator costs far more than 16 bytes. */
function createRandomText(): () => string {
  const bytes = Buffer.alloc(poolBytes);
  let pool = "";
  let next = 0;
  return () => {
    if (next + randomLength > pool.length) {
      crypto.getRandomValues(bytes);
      let length = 0;
      for (const byte of bytes) {
        if (byte >= fairBytes) continue;
        bytes[length] = alphabet.charCodeAt(byte % alphabet.length);
        length += 1;
      }
      pool = bytes.toString("latin1", 0, length);
      next = 0;
    }
    next += randomLength;
    return pool.slice(next - randomLength, next);
  };
}
