import type { Clock } from "../ports/clock.port.ts";
import type { KeyChange, KeyStore } from "../ports/key-store.port.ts";
import type { Instant } from "../time/instant.ts";
import { type Principal, principalOf } from "./principal.ts";

/** The keys that work, in memory: what they are costs no read, and what is no key costs none either. */
export interface KeyMirror {
  /** The key with this hash, when it works now. Rejects as `KeyStore.changes` does. */
  find(hash: string): Promise<Principal | null>;
  /** Tells that the store was changed by this process: the next look-up sees it. */
  expire(): void;
}

interface Mirrored {
  readonly principal: Principal;
  readonly endsAt: Instant | null;
}

/** Half of the second in which a revoked key has to stop everywhere. */
const knownMaxAgeMs = 500;
/** A key made by another process a moment ago should work; asked for no oftener than this, whatever strangers send. */
const unknownMaxAgeMs = 50;
const pageLength = 1_000;

/**
 * Holds every key, about 300 bytes each, and asks the store only for what has changed: at most twice a second for keys
 * it knows and 20 times a second for those it does not, however many requests there are.
 */
export function createKeyMirror(store: Pick<KeyStore, "changes">, clock: Clock): KeyMirror {
  const mirrored = new Map<string, Mirrored>();
  let revision = 0;
  /** When the last finished reading began. */
  let readAtMs = Number.NEGATIVE_INFINITY;
  let changesOfOurs = 0;
  let changesRead = 0;
  let reading: Promise<void> | null = null;

  function take({ key, hash, revision: changed }: KeyChange): void {
    revision = changed;
    if (key.revokedAt !== null && key.revokedAt <= clock.now()) mirrored.delete(hash);
    else mirrored.set(hash, { principal: principalOf(key), endsAt: key.revokedAt });
  }

  async function read(): Promise<void> {
    const beganAtMs = clock.monotonicMs();
    const changesBefore = changesOfOurs;
    for (;;) {
      const page = await store.changes(revision, pageLength);
      for (const change of page) take(change);
      if (page.length < pageLength) break;
    }
    readAtMs = beganAtMs;
    changesRead = changesBefore;
  }

  const isOlder = (since: number): boolean => readAtMs < since || changesRead < changesOfOurs;

  /** Reads until what is known was read then or later; callers at one time share a reading. */
  async function refresh(since: number): Promise<void> {
    while (isOlder(since)) {
      reading ??= read().finally(() => (reading = null));
      await reading;
    }
  }

  return {
    async find(hash) {
      const known = clock.monotonicMs() - knownMaxAgeMs;
      if (isOlder(known)) await refresh(known);
      if (!mirrored.has(hash)) await refresh(clock.monotonicMs() - unknownMaxAgeMs);
      const found = mirrored.get(hash);
      if (found === undefined || (found.endsAt !== null && found.endsAt <= clock.now())) return null;
      return found.principal;
    },
    expire() {
      changesOfOurs += 1;
    },
  };
}
