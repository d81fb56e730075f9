import { createHash, hash, randomBytes } from "node:crypto";
import type { Secrets } from "@tenantry/core";
import type { Mutant } from "../contract.ts";
import type { SecretsSubject } from "../secrets.contract.ts";

function mutant(name: string, kills: readonly string[], change: () => Partial<Secrets>): Mutant<SecretsSubject> {
  const open = (): Secrets => ({
    random: (bytes) => randomBytes(bytes),
    sha256Hex: (text) => hash("sha256", text),
    ...change(),
  });
  return { name, kills, open: () => ({ subject: { secrets: open(), another: open }, close: () => {} }) };
}

/** Sources of secrets that break the contract. */
export const secretsMutants: readonly Mutant<SecretsSubject>[] = [
  mutant("hashes UTF-16", ["H1"], () => ({
    sha256Hex: (text) => createHash("sha256").update(text, "utf16le").digest("hex"),
  })),
  mutant("hashes Latin-1", ["H1"], () => ({
    sha256Hex: (text) => createHash("sha256").update(text, "latin1").digest("hex"),
  })),
  mutant("writes capitals", ["H1"], () => ({ sha256Hex: (text) => hash("sha256", text).toUpperCase() })),
  mutant("hashes with something else", ["H1"], () => ({ sha256Hex: (text) => hash("sha3-256", text) })),
  mutant("gives at most 4,096 bytes", ["H2"], () => ({ random: (bytes) => randomBytes(Math.min(bytes, 4_096)) })),
  mutant("fills one buffer again and again", ["H2"], () => {
    const pool = new Uint8Array(65_536);
    return { random: (bytes) => crypto.getRandomValues(pool.subarray(0, bytes)) };
  }),
  mutant("begins every process with the same bytes", ["H3"], () => {
    let count = 0;
    return {
      random(bytes) {
        count += 1;
        const block = createHash("shake256", { outputLength: bytes });
        return new Uint8Array(block.update(String(count)).digest());
      },
    };
  }),
  mutant("gives letters alone", ["H4"], () => ({
    random: (bytes) => randomBytes(bytes).map((byte) => 97 + (byte % 26)),
  })),
  mutant("leaves one bit clear", ["H4"], () => ({ random: (bytes) => randomBytes(bytes).map((byte) => byte & 0x7f) })),
];
