/** What readiness depends on. */
export interface HealthSources {
  readonly draining: boolean;
  /** Writes, so that a full disk shows. Never rejects. */
  storage(): Promise<{ readonly ok: true } | { readonly ok: false; readonly problem: string }>;
  pendingSettlements(): number;
}

export interface Readiness {
  readonly ready: boolean;
  /** Each check, `ok` or what is wrong; no path and no id in it. */
  readonly checks: Readonly<Record<string, string>>;
}

/** Above this the store has failed for so long that taking more calls would only add to what waits. */
const mostPending = 1_000;
/** A probe a second by ten probers is one write. */
const freshMs = 500;

/** Answers whether this process should get calls; asks the store at most twice a second. */
export function createReadiness(sources: () => HealthSources, now: () => number): () => Promise<Readiness> {
  let last: { readonly at: number; readonly answer: Promise<Readiness> } | null = null;
  return async () => {
    const { draining } = sources();
    if (draining) return { ready: false, checks: { server: "stopping" } };
    const at = now();
    if (last === null || at - last.at > freshMs) last = { at, answer: check(sources()) };
    return await last.answer;
  };
}

async function check(sources: HealthSources): Promise<Readiness> {
  const storage = await sources.storage();
  const pending = sources.pendingSettlements();
  const checks = {
    storage: storage.ok ? "ok" : "cannot be written",
    settlements: pending <= mostPending ? "ok" : `${pending} wait for the store`,
  };
  return { ready: storage.ok && pending <= mostPending, checks };
}
