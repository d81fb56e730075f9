import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The repository's root folder. */
export const root: string = join(import.meta.dirname, "..");

/** The fields of a package.json that the checks read. */
export interface Manifest {
  readonly name: string;
  readonly description?: string;
  readonly private?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly packageManager?: string;
}

export interface WorkspacePackage {
  readonly name: string;
  /** From the root, with forward slashes: `packages/core`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
}

/** Every package of the workspace, by folder. */
export function workspacePackages(): readonly WorkspacePackage[] {
  return globSync("{packages,apps}/*/package.json", { cwd: root })
    .toSorted()
    .map((file) => {
      const folder = dirname(file);
      const manifest = readManifest(folder);
      return { name: manifest.name, folder, manifest };
    });
}

/** Those that are meant for a registry. */
export function publishedPackages(): readonly WorkspacePackage[] {
  return workspacePackages().filter(({ manifest }) => manifest.private !== true);
}

const notOurs = new Set(["node_modules", "dist", ".git", ".turbo", "coverage", ".tenantry"]);

/** Files written here that match, from the root; what is installed or built is left out. */
export function writtenFiles(pattern: string): readonly string[] {
  return globSync(pattern, { cwd: root, exclude: (name) => notOurs.has(name.split("/").at(-1) ?? name) }).toSorted();
}

export function readText(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

/** The package manager this repository names, as `npx` arguments. */
export function packageManager(): readonly string[] {
  return ["-y", "--prefer-offline", readManifest(".").packageManager ?? "pnpm"];
}
