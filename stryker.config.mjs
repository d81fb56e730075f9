import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Mutation testing of the folders where a wrong sign costs money: `pnpm mutate`, or one folder with
 * `pnpm mutate --mutate 'packages/core/src/money/*.ts'`.
 */
export default {
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  mutate: ["packages/core/src/{money,pricing,limits,sla}/*.ts", "!**/*.test.ts"],
  ignorePatterns: [
    "/*",
    "!/packages",
    "/packages/*",
    "!/packages/core",
    "!/package.json",
    "!/vitest.config.ts",
    "!/tsconfig.base.json",
    "!/tools",
    "/tools/*",
    "!/tools/closing-line-reporter.ts",
  ],
  tempDirName: join(tmpdir(), "tenantry-mutation"),
  concurrency: 2,
  coverageAnalysis: "perTest",
  reporters: ["clear-text", "json", "html"],
  jsonReporter: { fileName: "coverage/mutation/mutation.json" },
  htmlReporter: { fileName: "coverage/mutation/mutation.html" },
};
