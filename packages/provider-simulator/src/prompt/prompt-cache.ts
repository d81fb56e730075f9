import { createHash } from "node:crypto";
import type { CacheTtl } from "./generation-request.ts";

/** Which prefixes a provider remembers: digests with the time they lapse, never text. */
export interface PromptCache {
  /** Whether the prefix is remembered; remembering it once more starts its time again. */
  has(digest: string): boolean;
  remember(digest: string, ttl: CacheTtl | "automatic"): void;
  clear(): void;
}

const maxEntries = 20_000;
// OpenAI keeps automatic prefixes for 5 to 10 minutes of inactivity:
// https://platform.openai.com/docs/guides/prompt-caching
const ttlMs = { "5m": 300_000, "1h": 3_600_000, automatic: 600_000 } as const;

/** A cache of at most 20,000 prefixes; the longest unused one makes room. */
export function createPromptCache(now: () => number): PromptCache {
  const entries = new Map<string, { expiresAt: number; ttl: CacheTtl | "automatic" }>();
  const put = (digest: string, ttl: CacheTtl | "automatic"): void => {
    entries.delete(digest);
    entries.set(digest, { expiresAt: now() + ttlMs[ttl], ttl });
    if (entries.size <= maxEntries) return;
    const oldest = entries.keys().next();
    if (!oldest.done) entries.delete(oldest.value);
  };
  return {
    has(digest) {
      const entry = entries.get(digest);
      if (!entry) return false;
      if (entry.expiresAt <= now()) {
        entries.delete(digest);
        return false;
      }
      put(digest, entry.ttl);
      return true;
    },
    remember: put,
    clear: () => entries.clear(),
  };
}

/** Digest of a prefix that continues another: the chain makes equal digests mean equal prefixes. */
export function chainDigest(previous: string, next: string | Int32Array): string {
  const hash = createHash("sha256").update(previous).update("\u0000");
  hash.update(typeof next === "string" ? next : new Uint8Array(next.buffer));
  return hash.digest("base64");
}
