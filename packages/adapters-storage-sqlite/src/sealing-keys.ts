import { hash, randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";

/** What answers are encrypted with. */
export interface SealingKey {
  /** Belongs to the bytes: another key has another id. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

export interface SealingKeys {
  /** The key to seal with; made at the first use. Null when its file cannot be read, or written, or holds no key. */
  current(): Promise<SealingKey | null>;
  /** The key with this id, or null when it is not there any more. Makes none. */
  find(id: string): SealingKey | null;
}

const keyBytes = 32;
const format = "tenantry-sealing-key-1";

/**
 * One key, in a file that this user alone can read, in one line: format, id, key in base64url. Without the file, what
 * was sealed with it stays sealed.
 *
 * @param file null keeps the key in memory.
 * @param exclusively runs its argument while no other process runs one of theirs; all agree on one key then.
 */
export function createSealingKeys(
  file: string | null,
  exclusively: (work: () => SealingKey | null) => Promise<SealingKey | null>,
): SealingKeys {
  let known: SealingKey | null = file === null ? keyOf(randomBytes(keyBytes)) : null;
  return {
    async current() {
      if (known !== null || file === null) return known;
      known = await exclusively(() => loadOrMake(file));
      return known;
    },
    find(id) {
      // Another process may have made it since, or an operator replaced it.
      if (known?.id !== id && file !== null) known = load(file);
      return known?.id === id ? known : null;
    },
  };
}

function loadOrMake(file: string): SealingKey | null {
  const text = read(file);
  if (text !== null) return parse(text);
  try {
    const made = keyOf(randomBytes(keyBytes));
    // Whole or not at all: a process that dies in between leaves only the file with the other name.
    const unfinished = `${file}.new`;
    rmSync(unfinished, { force: true });
    const descriptor = openSync(unfinished, "wx", 0o600);
    try {
      writeSync(descriptor, `${format} ${made.id} ${Buffer.from(made.bytes).toString("base64url")}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(unfinished, file);
    return made;
  } catch {
    return null;
  }
}

function load(file: string): SealingKey | null {
  const text = read(file);
  return text === null ? null : parse(text);
}

/** Null when there is no file; "" when there is one that cannot be read, which must not be replaced. */
function read(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? null : "";
  }
}

function parse(text: string): SealingKey | null {
  const [found, id, encoded = ""] = text.trim().split(" ");
  const bytes = Buffer.from(encoded, "base64url");
  if (found !== format || bytes.length !== keyBytes) return null;
  const key = keyOf(bytes);
  return key.id === id ? key : null;
}

function keyOf(bytes: Uint8Array): SealingKey {
  return { id: hash("sha256", bytes, "hex").slice(0, 16), bytes };
}
