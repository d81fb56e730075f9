import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root, workspacePackages } from "./workspace.ts";

/** Stand-ins for the modules that probes import, so that probes do not depend on how the real ones are written. */
const standIns: Readonly<Record<string, string>> = {
  "packages/core/src/index.ts": 'export type { PicoUsd } from "./money/pico-usd.ts";\nexport const core = "core";\n',
  "packages/core/src/money/pico-usd.ts": "export type PicoUsd = bigint;\nexport const none: PicoUsd = 0n;\n",
  "packages/core/src/calls/metered-call.ts": 'export const call = "call";\n',
  "packages/core/src/calls/chat-request.ts": "export interface ChatRequest {\n  readonly text: string;\n}\n",
  "packages/core/src/http/answer-headers.ts": 'export const header = "x-tenantry-call-id";\n',
  "packages/core/src/testing/index.ts": 'export const double = "double";\n',
  "packages/core/src/ports/clock.port.ts": "export interface Clock {\n  now(): number;\n}\n",
};

/** The workspace's layout, manifests and rules in a folder of its own, with stand-ins for sources. */
export interface FixtureTree {
  readonly folder: string;
  /** Copies the probes of `tools/probes/<group>` to their places. */
  plant(group: string): readonly Probe[];
  write(file: string, text: string): void;
  remove(): void;
}

export interface Probe {
  /** The rule that must catch it, or `passes`. */
  readonly rule: string;
  /** Where it was planted, from the tree's root. */
  readonly file: string;
}

/** A probe's path says it all: `tools/probes/<group>/<rule>/<place in the tree>`. */
export function openFixtureTree(): FixtureTree {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tenantry-probes-")));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  const copy = (file: string): void => cpSync(join(root, file), join(folder, file));
  const link = (target: string, file: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    symlinkSync(target, join(folder, file));
  };

  for (const file of [".dependency-cruiser.mjs", ".oxlintrc.json", "package.json", "tsconfig.base.json"]) copy(file);
  for (const { name, folder: at, manifest } of workspacePackages()) {
    write(`${at}/src/index.ts`, `export const name = ${JSON.stringify(name)};\n`);
    copy(`${at}/package.json`);
    copy(`${at}/tsconfig.json`);
    // Every package of ours can be found from everywhere, so that the rules are tested and not the package manager.
    link(join(folder, at), `node_modules/${name}`);
    for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
      if (dependency.startsWith("@tenantry/")) continue;
      link(realpathSync(join(root, at, "node_modules", dependency)), `${at}/node_modules/${dependency}`);
    }
  }
  write(
    "examples/tiny/package.json",
    JSON.stringify({ name: "tiny", private: true, type: "module", dependencies: { inversify: "*" } }),
  );
  link(realpathSync(join(root, "packages/composition/node_modules/inversify")), "examples/tiny/node_modules/inversify");
  for (const name of ["vite", "@types/node"]) {
    link(realpathSync(join(root, "node_modules", name)), `node_modules/${name}`);
  }
  for (const [file, text] of Object.entries(standIns)) write(file, text);

  return {
    folder,
    write,
    remove: () => rmSync(folder, { recursive: true, force: true }),
    plant(group) {
      const from = join(root, "tools/probes", group);
      return readdirSync(from).flatMap((rule) =>
        readdirSync(join(from, rule), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => {
            const file = join(entry.parentPath, entry.name).slice(join(from, rule).length + 1);
            mkdirSync(dirname(join(folder, file)), { recursive: true });
            cpSync(join(from, rule, file), join(folder, file));
            return { rule, file };
          }),
      );
    },
  };
}
