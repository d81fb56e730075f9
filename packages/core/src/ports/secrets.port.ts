/** What keys need of a cryptographic library. Nothing here throws. */
export interface Secrets {
  /** Fresh bytes from a cryptographically secure generator; 1 to 65,536 of them. */
  random(bytes: number): Uint8Array;
  /** SHA-256 (FIPS 180-4) of the text as UTF-8, 64 characters of lower-case hex. */
  sha256Hex(text: string): string;
}
