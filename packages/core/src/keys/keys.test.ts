import { beforeEach, describe, expect, it } from "vitest";
import type { KeyStore } from "../ports/key-store.port.ts";
import type { Secrets } from "../ports/secrets.port.ts";
import { aTenant } from "../testing/builders.ts";
import { createManualClock, type ManualClock } from "../testing/manual-clock.ts";
import { createMemoryKeyStore } from "../testing/memory-key-store.ts";
import { createMemoryState, type MemoryState } from "../testing/memory-state.ts";
import { createMemoryTenantDirectory } from "../testing/memory-tenant-directory.ts";
import { createSeededSecrets } from "../testing/seeded-secrets.ts";
import { createSequenceIds } from "../testing/sequence-ids.ts";
import { createKeySecret } from "./key-secret.ts";
import { createKeys, type Keys, type KeysOptions } from "./keys.ts";

let state: MemoryState;
let clock: ManualClock;
let secrets: Secrets;
let reads: number;
let hashes: number;
let processes: number;

beforeEach(() => {
  state = createMemoryState();
  clock = createManualClock();
  const seeded = createSeededSecrets();
  reads = 0;
  hashes = 0;
  processes = 0;
  secrets = {
    random: seeded.random,
    sha256Hex(text) {
      hashes += 1;
      return seeded.sha256Hex(text);
    },
  };
});

/** The keys of one process; all of them share the data. */
function openKeys(options: Partial<KeysOptions> = {}): Keys {
  processes += 1;
  const store = createMemoryKeyStore({ state });
  const counted: KeyStore = {
    ...store,
    async changes(since, limit) {
      reads += 1;
      return await store.changes(since, limit);
    },
  };
  return createKeys({ store: counted, secrets, clock, ids: createSequenceIds({ stream: processes }), ...options });
}

const tenantKey = { scope: "tenant", tenantId: "tenant-a" } as const;

describe("create", () => {
  it("makes keys that prove who they were made for", async () => {
    const keys = openKeys();
    const tenant = await keys.create({ ...tenantKey, name: "production" });
    const ingest = await keys.create({ scope: "ingest" });
    const admin = await keys.create({ scope: "admin", tenantId: null });
    expect(tenant.key).toEqual({
      id: expect.stringMatching(/^key_[0-9a-z]{26,}$/) as string,
      scope: "tenant",
      tenantId: "tenant-a",
      name: "production",
      hint: tenant.secret.slice(0, 8),
      createdAt: clock.now(),
      revokedAt: null,
    });
    const ofTenant = { kind: "tenant", tenantId: "tenant-a", keyId: tenant.key.id };
    expect(await keys.authenticate(tenant.secret)).toEqual(ofTenant);
    expect(await keys.authenticate(ingest.secret)).toEqual({ kind: "ingest", keyId: ingest.key.id });
    expect(await keys.authenticate(admin.secret)).toEqual({ kind: "admin", keyId: admin.key.id });
    expect(await keys.list("tenant-a")).toEqual([tenant.key]);
    expect(await keys.list()).toHaveLength(3);
    expect(await keys.find(ingest.key.id)).toEqual(ingest.key);
    expect(await keys.find("key_unknown")).toBeNull();
  });

  it("gives the secret to the caller alone", async () => {
    const { secret, key } = await openKeys().create(tenantKey);
    expect(JSON.stringify([...state.keys, key])).not.toContain(secret.slice(8));
  });

  it("refuses what cannot be a key, and names the field", async () => {
    const keys = openKeys();
    const wrong = [
      [{ scope: "tenant" }, /^tenantId: must be given/],
      [{ scope: "tenant", tenantId: "" }, /^tenantId: must not be empty/],
      [{ scope: "tenant", tenantId: "a\u0000" }, /^tenantId: /],
      [{ scope: "ingest", tenantId: "tenant-a" }, /^tenantId: must not be given/],
      [{ scope: "admin", tenantId: "tenant-a" }, /^tenantId: must not be given/],
      [{ ...tenantKey, name: "x".repeat(201) }, /^name: /],
      [{ ...tenantKey, name: "\u001b[2J" }, /^name: /],
    ] as const;
    for (const [request, message] of wrong) {
      await expect(keys.create(request)).rejects.toMatchObject({
        code: "invalid_request",
        message: expect.stringMatching(message) as string,
      });
    }
    expect(await keys.list()).toEqual([]);
  });

  it("refuses a tenant that the directory does not know", async () => {
    const keys = openKeys({ tenants: createMemoryTenantDirectory([aTenant()]) });
    await expect(keys.create({ scope: "tenant", tenantId: "tenant-b" })).rejects.toMatchObject({ code: "not_found" });
    expect((await keys.create(tenantKey)).key.tenantId).toBe("tenant-a");
  });
});

describe("authenticate", () => {
  it("costs no read and no hash for what cannot be a key", async () => {
    const keys = openKeys();
    for (const text of ["", "nonsense", `sk-${"a".repeat(48)}`, `tnt_${"é".repeat(43)}`, "tnt_".repeat(1_000_000)]) {
      expect(await keys.authenticate(text)).toBeNull();
    }
    expect([reads, hashes]).toEqual([0, 0]);
  });

  it("reads at most 20 times a second for keys nobody has, however many are tried", async () => {
    const keys = openKeys();
    for (let tenMs = 0; tenMs < 100; tenMs += 1) {
      const tries = Array.from({ length: 50 }, () => keys.authenticate(createKeySecret(secrets)));
      for (const found of await Promise.all(tries)) expect(found).toBeNull();
      await clock.advance(10);
    }
    expect(reads).toBeLessThanOrEqual(21);
  });

  it("reads at most twice a second for keys it knows, and once for many callers at a time", async () => {
    const keys = openKeys();
    const { secret } = await keys.create(tenantKey);
    const both = await Promise.all(Array.from({ length: 100 }, () => keys.authenticate(secret)));
    expect(both.every((found) => found !== null)).toBe(true);
    expect(reads).toBe(1);
    for (let tenMs = 0; tenMs < 100; tenMs += 1) {
      await clock.advance(10);
      expect(await keys.authenticate(secret)).not.toBeNull();
    }
    expect(reads).toBe(2);
  });

  it("finds each of many thousand keys, all read in pages", async () => {
    const { secret } = await openKeys().create(tenantKey);
    const known = state.keys.values().next().value;
    if (known === undefined) throw new Error("there is a key");
    for (let n = 2; n <= 2_500; n += 1) {
      state.keys.set(`key_${n}`, {
        revision: n,
        key: { ...known.key, id: `key_${n}` },
        hash: secrets.sha256Hex(`${n}`),
      });
    }
    const last = createKeySecret(secrets);
    state.keys.set("key_last", {
      revision: 2_501,
      key: { ...known.key, id: "key_last" },
      hash: secrets.sha256Hex(last),
    });
    const keys = openKeys();
    expect(await keys.authenticate(last)).toMatchObject({ keyId: "key_last" });
    expect(reads).toBe(3);
    expect(await keys.authenticate(secret)).toMatchObject({ keyId: known.key.id });
    expect(reads).toBe(3);
  });

  it("knows a key made by another process 50 ms later, also when it was tried before", async () => {
    const [here, there] = [openKeys(), openKeys()];
    expect(await there.authenticate(createKeySecret(secrets))).toBeNull();
    const { secret } = await here.create(tenantKey);
    await clock.advance(51);
    expect(await there.authenticate(secret)).not.toBeNull();
  });

  it("is unavailable while the keys cannot be read, and no longer than that", async () => {
    const store = createMemoryKeyStore({ state });
    let isDown = false;
    const keys = openKeys({
      store: {
        ...store,
        async changes(since, limit) {
          if (isDown) throw new Error("down");
          return await store.changes(since, limit);
        },
      },
    });
    const { secret } = await keys.create(tenantKey);
    expect(await keys.authenticate(secret)).not.toBeNull();
    isDown = true;
    await clock.advance(501);
    await expect(keys.authenticate(secret)).rejects.toThrow("down");
    isDown = false;
    expect(await keys.authenticate(secret)).not.toBeNull();
  });

  it("knows the configured admin key by its hash, of any form, beside the stored ones", async () => {
    const keys = openKeys({ adminKeyHash: createSeededSecrets().sha256Hex("correct-horse-battery") });
    expect(await keys.authenticate("correct-horse-battery")).toEqual({ kind: "admin", keyId: "key_configured" });
    expect(await keys.authenticate("correct-horse-batterY")).toBeNull();
    expect(reads).toBe(0);
    hashes = 0;
    expect(await keys.authenticate("x".repeat(513))).toBeNull();
    expect(hashes).toBe(0);
    const { secret } = await keys.create({ scope: "admin" });
    expect(await keys.authenticate(secret)).toMatchObject({ kind: "admin" });
  });
});

describe("revoke", () => {
  it("stops a key at once here, and within a second elsewhere", async () => {
    const [here, there] = [openKeys(), openKeys()];
    const { secret, key } = await here.create(tenantKey);
    for (const keys of [here, there]) expect(await keys.authenticate(secret)).not.toBeNull();
    expect(await here.revoke(key.id)).toEqual({ ...key, revokedAt: clock.now() });
    expect(await here.authenticate(secret)).toBeNull();
    // Busy all the time: being asked must not put off the reading.
    for (let tenMs = 0; tenMs < 99; tenMs += 1) {
      await clock.advance(10);
      await there.authenticate(secret);
    }
    expect(await there.authenticate(secret)).toBeNull();
  });

  it("stops a key in a process that was idle for long, at its first use", async () => {
    const [here, there] = [openKeys(), openKeys()];
    const { secret, key } = await here.create(tenantKey);
    expect(await there.authenticate(secret)).not.toBeNull();
    await clock.advance(3_600_000);
    await here.revoke(key.id);
    await clock.advance(1_000);
    expect(await there.authenticate(secret)).toBeNull();
  });

  it("is seen by who asks after it, though a reading from before is still under way", async () => {
    const store = createMemoryKeyStore({ state });
    let isSlow = false;
    const arrivals: (() => void)[] = [];
    const keys = openKeys({
      store: {
        ...store,
        async changes(since, limit) {
          const read = await store.changes(since, limit);
          if (isSlow) await new Promise<void>((resolve) => arrivals.push(resolve));
          return read;
        },
      },
    });
    const { secret, key } = await keys.create(tenantKey);
    await keys.authenticate(secret);
    await clock.advance(501);
    isSlow = true;
    const before = keys.authenticate(secret);
    isSlow = false;
    await Promise.resolve();
    await keys.revoke(key.id);
    const after = keys.authenticate(secret);
    for (const arrive of arrivals.splice(0)) arrive();
    expect(await after).toBeNull();
    await before;
  });

  it("keeps the first end when repeated, and knows no key it has not", async () => {
    const keys = openKeys();
    const { key } = await keys.create(tenantKey);
    const revoked = await keys.revoke(key.id);
    await clock.advance(5);
    expect(await keys.revoke(key.id)).toEqual(revoked);
    await expect(keys.revoke("key_unknown")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("rotate", () => {
  it("gives a new secret for the same purpose, and ends the old one now", async () => {
    const keys = openKeys();
    const old = await keys.create({ ...tenantKey, name: "production" });
    const next = await keys.rotate(old.key.id);
    expect(next.key).toMatchObject({ scope: "tenant", tenantId: "tenant-a", name: "production", revokedAt: null });
    expect(next.key.id).not.toBe(old.key.id);
    expect(await keys.authenticate(old.secret)).toBeNull();
    expect(await keys.authenticate(next.secret)).toMatchObject({ keyId: next.key.id });
  });

  it("lets both work for the grace, in every process, to the millisecond", async () => {
    const [here, there] = [openKeys(), openKeys()];
    const old = await here.create(tenantKey);
    const next = await here.rotate(old.key.id, { graceMs: 10_000 });
    await clock.advance(9_999);
    for (const keys of [here, there]) {
      expect(await keys.authenticate(old.secret)).toMatchObject({ keyId: old.key.id });
      expect(await keys.authenticate(next.secret)).toMatchObject({ keyId: next.key.id });
    }
    await clock.advance(1);
    for (const keys of [here, there]) {
      expect(await keys.authenticate(old.secret)).toBeNull();
      expect(await keys.authenticate(next.secret)).not.toBeNull();
    }
  });

  it("leaves a key in its grace to be revoked at once", async () => {
    const keys = openKeys();
    const old = await keys.create(tenantKey);
    await keys.rotate(old.key.id, { graceMs: 10_000 });
    await keys.revoke(old.key.id);
    expect(await keys.authenticate(old.secret)).toBeNull();
  });

  it("refuses a key that has an end, one that is not there, and a grace that is none", async () => {
    const keys = openKeys();
    const { key } = await keys.create(tenantKey);
    for (const graceMs of [-1, 0.5, Number.NaN, 30 * 86_400_000 + 1]) {
      await expect(keys.rotate(key.id, { graceMs })).rejects.toMatchObject({ code: "invalid_request" });
    }
    await expect(keys.rotate("key_unknown")).rejects.toMatchObject({ code: "not_found" });
    await keys.rotate(key.id, { graceMs: 10_000 });
    await expect(keys.rotate(key.id)).rejects.toMatchObject({ code: "conflict" });
    expect(await keys.list()).toHaveLength(2);
  });

  it("leaves the old key working when it fails half-way", async () => {
    const store = createMemoryKeyStore({ state });
    const keys = openKeys({ store: { ...store, revoke: () => Promise.reject(new Error("down")) } });
    const { secret, key } = await keys.create(tenantKey);
    await expect(keys.rotate(key.id)).rejects.toThrow("down");
    expect(await keys.authenticate(secret)).not.toBeNull();
  });
});
