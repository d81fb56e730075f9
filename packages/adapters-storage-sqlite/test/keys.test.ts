import { createSystemSecrets } from "@tenantry/adapters-system";
import { createKeys, type Keys } from "@tenantry/core";
import { createSequenceIds } from "@tenantry/core/testing";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { SqliteStorage } from "../src/index.ts";
import { type Bench, createBench } from "./open-subjects.ts";

let bench: Bench;
let here: Keys;
let there: Keys;

beforeEach(async () => {
  bench = createBench();
  const secrets = createSystemSecrets();
  const { clock } = bench;
  const open = (storage: SqliteStorage, stream: number): Keys =>
    createKeys({ store: storage.keys, secrets, clock, ids: createSequenceIds({ stream }) });
  here = open(await bench.open(), 1);
  there = open(await bench.open(), 2);
});

afterEach(() => bench.close());

it("lets a key made here in there, and stops it there within a second of its end here", async () => {
  expect(await there.authenticate("tnt_".padEnd(47, "x"))).toBeNull();
  const { secret, key } = await here.create({ scope: "tenant", tenantId: "tenant-a" });
  await bench.clock.advance(51);
  const principal = { kind: "tenant", tenantId: "tenant-a", keyId: key.id };
  expect(await there.authenticate(secret)).toEqual(principal);
  await here.revoke(key.id);
  await bench.clock.advance(1_000);
  expect(await there.authenticate(secret)).toBeNull();
  expect(await here.authenticate(secret)).toBeNull();
});

it("lets keys in while another process writes, and keeps secrets out of the file", async () => {
  const { secret } = await here.create({ scope: "admin" });
  bench.breakWrites();
  expect(await here.authenticate(secret)).toMatchObject({ kind: "admin" });
  bench.mendWrites();
  const db = new DatabaseSync(bench.path, { readOnly: true });
  expect(JSON.stringify(db.prepare("SELECT * FROM api_keys").all())).not.toContain(secret.slice(8));
  db.close();
});
