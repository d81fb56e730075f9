import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The installed SDK. */
export interface NetraSdkPackage {
  /** URL of its entry. */
  readonly entry: string;
}

const packageName = "netra-sdk";

/** What to say where a test is skipped. */
export const noNetraSdk = "netra-sdk is not installed: NETRA_SDK_PATH may name the folder of the package";

/**
 * The SDK in the folder that `NETRA_SDK_PATH` names, else the one that can be resolved from here; null when there is none.
 * It is no dependency: the registry does not have it.
 */
export function findNetraSdk(): NetraSdkPackage | null {
  const named = process.env["NETRA_SDK_PATH"];
  if (named !== undefined && named !== "") {
    const entry = join(named, "dist", "index.js");
    if (!existsSync(entry)) throw new Error(`NETRA_SDK_PATH: ${entry} does not exist`);
    return { entry: pathToFileURL(entry).href };
  }
  try {
    const entry = import.meta.resolve(packageName);
    return existsSync(fileURLToPath(entry)) ? { entry } : null;
  } catch {
    return null;
  }
}
