import type { Secrets } from "@tenantry/core";
import { hash, randomBytes } from "node:crypto";

/** Node's generator (https://nodejs.org/api/crypto.html#cryptorandombytessize-callback) and OpenSSL's SHA-256. */
export function createSystemSecrets(): Secrets {
  return {
    random: (bytes) => randomBytes(bytes),
    sha256Hex: (text) => hash("sha256", text, "hex"),
  };
}
