import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { defineConfig } from "vitest/config";

const here = import.meta.dirname;

// Tests read the sources of every package of the workspace, so they need no build.
const conditions = ["@tenantry/source", "module", "node", "development|production"];

const packages = globSync(["{packages,apps}/*/package.json", "benchmarks/package.json"], { cwd: here }).map((file) => ({
  extends: true as const,
  test: {
    name: (JSON.parse(readFileSync(join(here, file), "utf8")) as { name: string }).name,
    root: join(here, dirname(file)),
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "{ledger,ingest}/*.test.ts"],
  },
}));

const repository = {
  extends: true as const,
  test: { name: "repository", root: here, include: ["tools/*.test.ts"], testTimeout: 300_000 },
};

export default defineConfig({
  ssr: { resolve: { conditions } },
  test: {
    projects: [...packages, repository],
    reporters: ["default", "./tools/closing-line-reporter.ts"],
    testTimeout: 30_000,
    coverage: { provider: "v8", include: ["{packages,apps}/*/src/**"] },
  },
});
