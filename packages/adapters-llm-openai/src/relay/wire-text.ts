/** The bytes as text; what is not UTF-8 becomes U+FFFD. */
export function textOfBytes({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("utf8");
}

/** One character a byte: loses nothing, and is the text itself where the bytes are ASCII. */
export function charactersOfBytes({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}

/** The other way. */
export function bytesOfCharacters(characters: string): Uint8Array {
  return Buffer.from(characters, "latin1");
}

/** The value of a JSON text, or undefined when it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The value of a JSON text that came as one character a byte. */
export function parsedCharacters(characters: string): unknown {
  return parsedJson(Buffer.from(characters, "latin1").toString("utf8"));
}
