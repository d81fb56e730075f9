export interface Backoff {
  /** Milliseconds to wait now: doubles each time, up to thirty times the first, with a fifth of jitter either way. */
  next(): number;
  reset(): void;
}

export function createBackoff(firstMs: number, random: () => number = Math.random): Backoff {
  let failures = 0;
  return {
    next: () => {
      const plainMs = Math.min(firstMs * 2 ** Math.min(failures, 5), firstMs * 30);
      failures++;
      return plainMs * (0.8 + 0.4 * random());
    },
    reset: () => {
      failures = 0;
    },
  };
}
