import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** With later versions of this server every stream of the gateway fails with 500 (`TypeError: immutable`). */
const manifest = {
  private: true,
  dependencies: { "@portkey-ai/gateway": "1.15.2" },
  overrides: { "@hono/node-server": "1.13.8" },
};

export const portkeyVersions = "@portkey-ai/gateway 1.15.2 on @hono/node-server 1.13.8";

/**
 * The peer, in a folder of its own outside the workspace: nobody who only runs the tests installs it. Installed by npm
 * at the first run, without its install scripts.
 *
 * @returns the file that starts it; null, with the reason printed, when it cannot be installed.
 */
export async function installPortkey(say: (text: string) => void): Promise<string | null> {
  const folder = fileURLToPath(new URL("../node_modules/.cache/portkey-1.15.2-1.13.8", import.meta.url));
  const start = join(folder, "node_modules/@portkey-ai/gateway/build/start-server.js");
  if (existsSync(start)) return start;
  say(`installing ${portkeyVersions} into ${folder}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
  try {
    await promisify(execFile)("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: folder,
      timeout: 120_000,
    });
    return start;
  } catch (error) {
    say(
      `it cannot be installed, and is left out: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`,
    );
    return null;
  }
}
