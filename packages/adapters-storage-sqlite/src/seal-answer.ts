import type { AnswerKey, StoredAnswer } from "@tenantry/core";
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
const headLengthBytes = 4;
const purpose = "tenantry answer";

/** Everything of an answer as bytes of their own: later changes of the caller's buffer do not show. */
export function encodeAnswer({ callId, status, headers, body }: StoredAnswer): Buffer {
  const head = Buffer.from(JSON.stringify({ callId, status, headers: Object.entries(headers) }));
  const length = Buffer.alloc(headLengthBytes);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, body]);
}

/**
 * AES-256-GCM under a key derived for this answer alone (HKDF, RFC 5869), so that the number of answers under one
 * sealing key has no bound worth counting (NIST SP 800-38D, 8.3, has one for random nonces). Whose answer it is takes
 * part: in another row it does not open.
 *
 * Layout: salt, nonce, tag, ciphertext.
 */
export function sealAnswer(sealingKey: Uint8Array, key: AnswerKey, encoded: Buffer): Uint8Array {
  const salt = randomBytes(saltBytes);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", derive(sealingKey, salt), nonce, { authTagLength: tagBytes });
  cipher.setAAD(nameOf(key));
  const ciphertext = Buffer.concat([cipher.update(encoded), cipher.final()]);
  return Buffer.concat([salt, nonce, cipher.getAuthTag(), ciphertext]);
}

/** Null when a single bit of it, or the row it is in, is not the one that was sealed. */
export function openAnswer(sealingKey: Uint8Array, key: AnswerKey, sealed: Uint8Array): StoredAnswer | null {
  const salt = sealed.subarray(0, saltBytes);
  const nonce = sealed.subarray(saltBytes, saltBytes + nonceBytes);
  const tag = sealed.subarray(saltBytes + nonceBytes, saltBytes + nonceBytes + tagBytes);
  if (tag.length < tagBytes) return null;
  const cipher = createDecipheriv("aes-256-gcm", derive(sealingKey, salt), nonce, { authTagLength: tagBytes });
  cipher.setAAD(nameOf(key));
  cipher.setAuthTag(tag);
  try {
    const ciphertext = sealed.subarray(saltBytes + nonceBytes + tagBytes);
    return decodeAnswer(Buffer.concat([cipher.update(ciphertext), cipher.final()]));
  } catch {
    // Node says no more than that it cannot authenticate the data.
    return null;
  }
}

function decodeAnswer(encoded: Buffer): StoredAnswer {
  const endOfHead = headLengthBytes + encoded.readUInt32BE();
  const { callId, status, headers } = JSON.parse(encoded.toString("utf8", headLengthBytes, endOfHead)) as {
    callId: string;
    status: number;
    headers: readonly (readonly [string, string])[];
  };
  const body = new Uint8Array(encoded.subarray(endOfHead));
  return { callId, status, headers: Object.fromEntries(headers), body };
}

function derive(sealingKey: Uint8Array, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", sealingKey, salt, purpose, 32));
}

function nameOf({ tenantId, route, idempotencyKey }: AnswerKey): Buffer {
  return Buffer.from(JSON.stringify([tenantId, route, idempotencyKey]));
}
