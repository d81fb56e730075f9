import type { AnswerKey, AnswerStore, ClaimResult } from "@tenantry/core";
import { createMemoryAnswerStore, type MemoryClaim } from "@tenantry/core/testing";
import { type AnswerStoreSubject, anAnswer } from "../answer-store/subject.ts";
import type { Mutant } from "../contract.ts";
import { openMemoryAnswers } from "../subjects/memory-answers.ts";
import type { MemoryLimitsOptions } from "../subjects/memory-limits.ts";

type Change = (store: AnswerStore, options: MemoryLimitsOptions) => Partial<AnswerStore>;

function mutant(name: string, kills: readonly string[], change: Change): Mutant<AnswerStoreSubject> {
  const make = (options: MemoryLimitsOptions): AnswerStore => {
    const store = createMemoryAnswerStore(options);
    return { ...store, ...change(store, options) };
  };
  return { name, kills, open: () => openMemoryAnswers(make) };
}

/** Changes every identity on its way in. */
function misreads(name: string, read: (key: AnswerKey) => AnswerKey): Mutant<AnswerStoreSubject> {
  return mutant(name, ["A4"], (store) => ({
    claim: async (key, hash, lifetime) => await store.claim(read(key), hash, lifetime),
    start: async (key, callId) => await store.start(read(key), callId),
    finish: async (key, answer) => await store.finish(read(key), answer),
    free: async (key) => await store.free(read(key)),
  }));
}

function of({ state }: MemoryLimitsOptions, key: AnswerKey): MemoryClaim | undefined {
  return state.claims.get(JSON.stringify([key.tenantId, key.route, key.idempotencyKey]));
}

/** Changes what every claim answers. */
function answers(change: (result: ClaimResult) => ClaimResult): Change {
  return (store) => ({ claim: async (key, hash, lifetime) => change(await store.claim(key, hash, lifetime)) });
}

const claimMutants: readonly Mutant<AnswerStoreSubject>[] = [
  mutant("looks first and claims later", ["A1"], (store, { state }) => ({
    async claim(key, payloadHash, lifetime) {
      const known = state.claims.size;
      await new Promise((resolve) => setImmediate(resolve));
      if (state.claims.size > known) return { kind: "claimed" };
      return await store.claim(key, payloadHash, lifetime);
    },
  })),
  mutant("compares no payload", ["A2"], (store) => ({
    claim: async (key, _, lifetime) => await store.claim(key, "", lifetime),
  })),
  mutant("takes another payload for running while it runs", ["A2"], (store, options) => ({
    async claim(key, hash, lifetime) {
      const result = await store.claim(key, hash, lifetime);
      const known = of(options, key);
      return result.kind === "mismatch" && known?.state !== "ended" ? { kind: "running", callId: null } : result;
    },
  })),
  mutant(
    "does not tell the call that runs",
    ["A3"],
    answers((result) => (result.kind === "running" ? { kind: "running", callId: null } : result)),
  ),
  misreads("lets tenants share a key", (key) => ({ ...key, tenantId: "everybody" })),
  misreads("lets routes share a key", (key) => ({ ...key, route: "any" })),
  misreads("joins the parts with colons", ({ tenantId, route, idempotencyKey }) => ({
    tenantId: `${tenantId}:${route}:${idempotencyKey}`,
    route: "",
    idempotencyKey: "",
  })),
  misreads("folds the key's case", (key) => ({ ...key, idempotencyKey: key.idempotencyKey.toLowerCase() })),
  misreads("cuts long keys", (key) => ({ ...key, idempotencyKey: key.idempotencyKey.slice(0, 64) })),
  mutant("never gives a claim back", ["A5"], () => ({ free: async () => {} })),
  mutant("keeps the payload of a claim given back", ["A5"], (store) => {
    const payloads = new Map<string, string>();
    return {
      async claim(key, hash, lifetime) {
        const name = key.idempotencyKey;
        if ((payloads.get(name) ?? hash) !== hash) return { kind: "mismatch" };
        payloads.set(name, hash);
        return await store.claim(key, hash, lifetime);
      },
    };
  }),
  mutant("starts what is not claimed", ["A6"], (store) => ({
    start: async (key, callId) => await store.start(key, callId).catch(() => {}),
  })),
  mutant("starts another process's claim", ["A6"], (store, options) => ({
    async start(key, callId) {
      const claim = of(options, key);
      if (claim?.state !== "claimed") return await store.start(key, callId);
      claim.state = "started";
      claim.callId = callId;
    },
  })),
  mutant("starts a second call", ["A6"], (store, options) => ({
    async start(key, callId) {
      const claim = of(options, key);
      if (claim?.owner === options.owner && claim.state === "started") claim.callId = callId;
      await store.start(key, callId);
    },
  })),
  mutant("frees another process's claim", ["A7"], (_, options) => ({
    async free({ tenantId, route, idempotencyKey }) {
      options.state.claims.delete(JSON.stringify([tenantId, route, idempotencyKey]));
    },
  })),
  mutant("finishes what has ended", ["A7"], (store, options) => ({
    async finish(key, answer) {
      const claim = of(options, key);
      if (claim?.owner === options.owner) claim.state = "started";
      await store.finish(key, answer);
    },
  })),
  mutant("gives back what was started", ["A8"], (store, options) => ({
    async free(key) {
      const claim = of(options, key);
      if (claim?.owner === options.owner && claim.state === "started") claim.state = "claimed";
      await store.free(key);
    },
  })),
  mutant("claims where it cannot write", ["A9"], (store, { state }) => ({
    async claim(key, hash, lifetime) {
      const { readOnly } = state;
      state.readOnly = false;
      const result = await store.claim(key, hash, lifetime);
      state.readOnly = readOnly;
      return readOnly ? await store.claim(key, hash, lifetime) : result;
    },
  })),
  mutant("says nothing of an end that could not be written", ["A9"], (store) => ({
    finish: async (key, answer) => await store.finish(key, answer).catch(() => {}),
    free: async (key) => await store.free(key).catch(() => {}),
  })),
];

const keepingMutants: readonly Mutant<AnswerStoreSubject>[] = [
  mutant("keeps bodies as text", ["A10"], (store) => ({
    finish: async (key, answer) =>
      await store.finish(
        key,
        answer && { ...answer, body: new Uint8Array(Buffer.from(Buffer.from(answer.body).toString("utf8"))) },
      ),
  })),
  mutant("drops empty headers", ["A10"], (store) => ({
    finish: async (key, answer) =>
      await store.finish(
        key,
        answer && {
          ...answer,
          headers: Object.fromEntries(Object.entries(answer.headers).filter(([, value]) => value !== "")),
        },
      ),
  })),
  mutant("gives an answer once", ["A10"], (store, options) => ({
    async claim(key, hash, lifetime) {
      const result = await store.claim(key, hash, lifetime);
      const claim = of(options, key);
      if (result.kind === "finished" && claim !== undefined) claim.answer = null;
      return result;
    },
  })),
  mutant("cuts large bodies", ["A10"], (store) => ({
    finish: async (key, answer) => await store.finish(key, answer && { ...answer, body: answer.body.slice(0, 65_536) }),
  })),
  mutant("keeps the caller's own buffer", ["A11"], (_, options) => ({
    async finish(key, answer) {
      const claim = of(options, key);
      if (claim === undefined || claim.owner !== options.owner || claim.state === "ended") return;
      claim.state = "ended";
      claim.callId = answer?.callId ?? claim.callId;
      claim.answer = answer;
    },
  })),
  mutant("gives its own buffer", ["A11"], (store, options) => ({
    async claim(key, hash, lifetime) {
      const result = await store.claim(key, hash, lifetime);
      const answer = of(options, key)?.answer;
      return result.kind === "finished" && answer ? { kind: "finished", answer } : result;
    },
  })),
  mutant("frees what ended without an answer", ["A12"], (store) => ({
    finish: async (key, answer) => (answer === null ? await store.free(key) : await store.finish(key, answer)),
  })),
  mutant(
    "forgets the call of a spent key",
    ["A12", "A13"],
    answers((result) => (result.kind === "spent" ? { kind: "spent", callId: null } : result)),
  ),
  mutant("frees what a dead process had started", ["A13"], (store, options) => ({
    async claim(key, hash, lifetime) {
      const claim = of(options, key);
      if (claim?.state === "started" && options.state.dead.has(claim.owner)) claim.state = "claimed";
      return await store.claim(key, hash, lifetime);
    },
  })),
  mutant("locks what a dead process had not started", ["A13"], (store, options) => ({
    async claim(key, hash, lifetime) {
      const claim = of(options, key);
      if (claim?.state === "claimed" && options.state.dead.has(claim.owner)) claim.state = "started";
      return await store.claim(key, hash, lifetime);
    },
  })),
  mutant("waits for the dead for ever", ["A13"], (_, options) =>
    createMemoryAnswerStore({ ...options, isAlive: () => true }),
  ),
  mutant("takes every other process for dead", ["A1", "A14"], (_, options) =>
    createMemoryAnswerStore({ ...options, isAlive: (owner) => owner === options.owner }),
  ),
  mutant("loses the answers of the dead", ["A14"], (store, options) => ({
    async claim(key, hash, lifetime) {
      const claim = of(options, key);
      if (claim !== undefined && options.state.dead.has(claim.owner)) claim.answer = null;
      return await store.claim(key, hash, lifetime);
    },
  })),
  mutant("forgets a moment early", ["A13", "A15"], (store) => ({
    claim: async (key, hash, { expiresAt, keepUntil }) =>
      await store.claim(key, hash, { expiresAt: expiresAt - 1, keepUntil }),
  })),
  mutant("forgets a moment late", ["A13", "A15"], (store) => ({
    claim: async (key, hash, { expiresAt, keepUntil }) =>
      await store.claim(key, hash, { expiresAt: expiresAt + 1, keepUntil }),
  })),
  mutant("forgets the key with its answer", ["A13", "A18", "A19"], (store) => ({
    claim: async (key, hash, { keepUntil }) => await store.claim(key, hash, { expiresAt: keepUntil, keepUntil }),
  })),
  mutant("keeps answers as long as their keys", ["A18", "A19"], (store) => ({
    claim: async (key, hash, { expiresAt }) => await store.claim(key, hash, { expiresAt, keepUntil: expiresAt }),
  })),
  mutant("deletes answers a moment early", ["A18"], (store) => ({
    claim: async (key, hash, { expiresAt, keepUntil }) =>
      await store.claim(key, hash, { expiresAt, keepUntil: keepUntil - 1 }),
  })),
  mutant("deletes answers a moment late", ["A18", "A19"], (store) => ({
    claim: async (key, hash, { expiresAt, keepUntil }) =>
      await store.claim(key, hash, { expiresAt, keepUntil: keepUntil + 1 }),
  })),
  mutant("frees the key whose answer came too late", ["A19"], (store, options) => ({
    async finish(key, answer) {
      const claim = of(options, key);
      const isLate = claim?.owner === options.owner && claim.keepUntil <= options.clock.now();
      if (isLate && claim.state !== "ended" && answer !== null) claim.state = "claimed";
      await (isLate && answer !== null ? store.free(key) : store.finish(key, answer));
    },
  })),
  mutant("forgets running claims at their expiry", ["A16"], (store, options) => ({
    async claim(key, hash, lifetime) {
      const claim = of(options, key);
      if (claim !== undefined && claim.expiresAt <= options.clock.now()) claim.state = "ended";
      return await store.claim(key, hash, lifetime);
    },
  })),
  mutant("keeps what ends late for another lifetime", ["A16"], (store, options) => ({
    async finish(key, answer) {
      const claim = of(options, key);
      if (claim?.owner === options.owner && claim.state !== "ended") {
        const longer = { ...claim, expiresAt: Math.max(claim.expiresAt, options.clock.now() + 600_000) };
        options.state.claims.set(JSON.stringify([key.tenantId, key.route, key.idempotencyKey]), longer);
      }
      await store.finish(key, answer);
    },
  })),
  {
    name: "keeps bodies in the clear",
    kills: ["A17"],
    open: () =>
      openMemoryAnswers(createMemoryAnswerStore, ({ state }) =>
        [...state.claims.values()].flatMap(({ answer }) => (answer === null ? [] : [answer.body])),
      ),
  },
  {
    name: "keeps headers in the clear",
    kills: ["A17"],
    open: () =>
      openMemoryAnswers(createMemoryAnswerStore, ({ state }) =>
        [...state.claims.values()].map(({ answer }) => Buffer.from(JSON.stringify(answer?.headers ?? {}))),
      ),
  },
  mutant("keeps nothing at all", ["A17"], (store) => ({ finish: async (key) => await store.finish(key, null) })),
  mutant("answers everything the same", ["A10"], (store) => ({
    finish: async (key, answer) => await store.finish(key, answer && anAnswer()),
  })),
];

/** Stores that break the AnswerStore contract. */
export const answerStoreMutants: readonly Mutant<AnswerStoreSubject>[] = [...claimMutants, ...keepingMutants];
