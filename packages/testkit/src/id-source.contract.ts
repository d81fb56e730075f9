import assert from "node:assert/strict";
import type { IdSource } from "@tenantry/core";
import { type Contract, defineContract } from "./contract.ts";

/** What the IdSource rules need of an implementation. */
export interface IdSourceSubject {
  readonly ids: IdSource;
  /** The source of another process, started at the same moment. */
  readonly another: () => IdSource;
}

const prefixes = ["call", "att", "line", "ses"] as const;
const many = 20_000;

/** What every `IdSource` does. */
export const idSourceContract: Contract<IdSourceSubject> = defineContract("IdSource", [
  {
    id: "I1",
    sentence: "an id is its prefix, an underscore and 26 or more of 0-9 and a-z",
    reason: "ids go into headers, URLs, file names and metric exemplars, where anything else has to be escaped",
    async check({ ids }) {
      for (const prefix of prefixes) {
        for (let count = 0; count < 100; count += 1) {
          const id = ids.next(prefix);
          assert.ok(id.startsWith(`${prefix}_`), `${id} does not begin with ${prefix}_`);
          assert.match(id.slice(prefix.length + 1), /^[0-9a-z]{26,100}$/);
        }
      }
    },
  },
  {
    id: "I2",
    sentence: "ids sort by the order in which they were made, within one millisecond too",
    reason: "stores page and cluster by id",
    async check({ ids }) {
      let last = "";
      for (let count = 0; count < many; count += 1) {
        const id = ids.next("call");
        assert.ok(id > last, `${id} sorts before ${last}, which is older`);
        last = id;
      }
    },
  },
  {
    id: "I3",
    sentence: "ids never repeat, in one process or between two",
    reason: "two attempts under one id are one line for two bills (R1)",
    async check({ ids, another }) {
      const other = another();
      const seen = new Set<string>();
      for (let count = 0; count < many; count += 1) seen.add(ids.next("att")).add(other.next("att"));
      assert.equal(seen.size, 2 * many);
    },
  },
]);
