import { hash, randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { adminKeyProblem, createKeySecret, TenantryError } from "@tenantry/core";

/** The operator's key, as the server needs it. */
export interface AdminKey {
  /** SHA-256, lower-case hex. */
  readonly hash: string;
  /** The key itself, when it has just been made: the only time it can be shown. */
  readonly secret: string | null;
  /** Takes back a key that has just been made and was shown to nobody. */
  forget(): Promise<void>;
}

const nothingToForget = async (): Promise<void> => {};

/**
 * The key of `TENANTRY_ADMIN_KEY`, or one that is made at the first start. Of a made one only the hash is kept, in a
 * file for this user alone; deleting the file makes a new one at the next start.
 *
 * @param storePath the database; the file lies beside it.
 * @throws TenantryError `invalid_configuration` when the given key can be guessed or the file is not one of ours.
 */
export async function openAdminKey(given: string | undefined, storePath: string): Promise<AdminKey> {
  if (given !== undefined && given !== "") {
    const problem = adminKeyProblem(given);
    if (problem !== null) throw TenantryError.invalidConfiguration([{ path: "TENANTRY_ADMIN_KEY", message: problem }]);
    return { hash: hash("sha256", given, "hex"), secret: null, forget: nothingToForget };
  }
  const isInMemory = storePath === ":memory:";
  const path = join(dirname(storePath), "admin-key");
  const kept = isInMemory ? null : await readKept(path);
  if (kept !== null) return { hash: kept, secret: null, forget: nothingToForget };
  const secret = createKeySecret({ random: (bytes) => randomBytes(bytes) });
  const made = { hash: hash("sha256", secret, "hex"), secret };
  if (isInMemory) return { ...made, forget: nothingToForget };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, `${made.hash}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    // Another process was first; its key is the one that was shown.
    const theirs = await readKept(path);
    if (theirs === null) throw error;
    return { hash: theirs, secret: null, forget: nothingToForget };
  }
  return { ...made, forget: async () => await rm(path, { force: true }) };
}

async function readKept(path: string): Promise<string | null> {
  let text: string;
  try {
    text = (await readFile(path, "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new TenantryError(
    "invalid_configuration",
    `${path} does not hold the hash of an admin key; delete it to get a new one`,
  );
}
