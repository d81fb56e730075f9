import type { Secrets } from "../ports/secrets.port.ts";

const prefix = "tnt_";
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 43 characters of 62 are 256 bits: as many as the hash has. */
const randomLength = 43;
/** The largest multiple of 62 in a byte; bytes from there on would favour some characters. */
const fairBytes = 248;
const shownLength = prefix.length + 4;

/** A fresh secret: `tnt_` and 43 characters of base62. */
export function createKeySecret(secrets: Pick<Secrets, "random">): string {
  let text = "";
  while (text.length < randomLength) {
    for (const byte of secrets.random(randomLength)) {
      if (byte < fairBytes && text.length < randomLength) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return prefix + text;
}

/** Whether the text can be one of our secrets; what cannot is refused without being looked up. */
export function isKeySecret(text: string): boolean {
  return /^tnt_[0-9A-Za-z]{43}$/.test(text);
}

/** What of a secret may be shown again: `tnt_ab12`. 232 bits stay hidden. */
export function keyHint(secret: string): string {
  return secret.slice(0, shownLength);
}

const longestAdminKey = 512;

/** Why a text cannot be the admin key of a configuration, or null when it can. It has to fit into a header as it is. */
export function adminKeyProblem(text: string): string | null {
  if (text.length < 16) return "must have at least 16 characters, so that it cannot be guessed";
  if (text.length > longestAdminKey) return `must have at most ${longestAdminKey} characters`;
  return /^[!-~]+$/.test(text) ? null : "must be of visible ASCII characters, without spaces";
}

/** Whether the text is longer than any key; it is not even hashed then. */
export function isTooLong(text: string): boolean {
  return text.length > longestAdminKey;
}
