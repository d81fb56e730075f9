import assert from "node:assert/strict";
import type { Secrets } from "@tenantry/core";
import { type Contract, defineContract } from "./contract.ts";

/** What the Secrets rules need of an implementation. */
export interface SecretsSubject {
  readonly secrets: Secrets;
  /** The secrets of another process, started at the same moment. */
  readonly another: () => Secrets;
}

/** RFC 6234, 8.5, and texts whose encodings differ. */
const digests: readonly (readonly [text: string, hex: string])[] = [
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
  ["é", "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"],
];

/** What every `Secrets` does. */
export const secretsContract: Contract<SecretsSubject> = defineContract("Secrets", [
  {
    id: "H1",
    sentence: "sha256Hex is the SHA-256 of the text as UTF-8, in lower-case hex",
    reason: "keys are stored as this hash: another one locks every customer out",
    async check({ secrets }) {
      for (const [text, hex] of digests) assert.equal(secrets.sha256Hex(text), hex);
    },
  },
  {
    id: "H2",
    sentence: "random gives as many bytes as asked for, from 1 to 65,536, in a buffer of their own",
    reason: "a short secret can be guessed, and a shared buffer turns one into another",
    async check({ secrets }) {
      for (const length of [1, 2, 16, 43, 4_096, 65_536]) assert.equal(secrets.random(length).length, length);
      const first = secrets.random(32);
      const copy = first.slice();
      secrets.random(32);
      assert.deepEqual(first, copy);
    },
  },
  {
    id: "H3",
    sentence: "random bytes never repeat, in one process or between two",
    reason: "two customers with one secret are one customer (R4)",
    async check({ secrets, another }) {
      const other = another();
      const seen = new Set<string>();
      for (let count = 0; count < 1_000; count += 1) {
        for (const source of [secrets, other]) seen.add(Buffer.from(source.random(16)).toString("hex"));
      }
      assert.equal(seen.size, 2_000);
    },
  },
  {
    id: "H4",
    sentence: "every byte comes about equally often",
    reason: "a generator that favours some bytes makes secrets easier to guess than they look",
    async check({ secrets }) {
      const counts = new Uint32Array(256);
      for (const byte of secrets.random(65_536)) counts[byte] = (counts[byte] ?? 0) + 1;
      // Seven standard deviations of a fair choice: 256 expected, 16 each.
      for (const [byte, count] of counts.entries()) {
        assert.ok(Math.abs(count - 256) < 7 * 16, `${byte} came ${count} times in 65,536`);
      }
    },
  },
]);
