// Who may import what. Every rule has a probe in tools/probes that it must catch; tools/boundaries.test.ts runs them.

/** Tests, and what only tests use. */
const tests = "(?:[.]test[.]ts$|^(?:packages|apps)/[^/]+/test/)";

const npm = (...names) => `/node_modules/(?:${names.join("|")})/`;
const runner = npm("vitest", "@vitest/[^/]+", "fast-check");
const anyNpm = "/node_modules/";

/** Whatever lies in `path` imports what is listed and nothing else; its tests may import more. */
function mayImport(name, path, comment, { sources, tests: more, node }) {
  const rule = (from, pathNot, nodeAllowed) => ({
    name,
    comment,
    severity: "error",
    from,
    to: { pathNot, couldNotResolve: false, ...(nodeAllowed ? { dependencyTypesNot: ["core"] } : {}) },
  });
  return [
    rule({ path, pathNot: tests }, sources, node === "everywhere"),
    rule({ path: `${path}(?:.+[.]test[.]ts$|test/)` }, [...sources, ...more], node !== "never"),
  ];
}

const core = "^packages/core/";
const testkit = "^packages/testkit/";
const system = "^packages/adapters-system/";
const delivery = "^packages/otlp-delivery/";
const meetings = "^packages/meetings/";
const simulator = "^packages/provider-simulator/";
const composition = "^packages/composition/";
const adapters = "^packages/adapters-[^/]+/";

const layers = [
  ...mayImport(
    "core-imports-nothing",
    core,
    "core stands alone: no npm package, no node:*. Make what you need a port.",
    {
      sources: [core],
      tests: [runner],
      node: "never",
    },
  ),
  ...mayImport(
    "adapters-import-core-only",
    "^packages/(adapters-[^/]+)/",
    "an adapter imports core, its own SDK and what OTLP exporters share; adapters meet in composition.",
    {
      sources: ["^packages/$1/", core, delivery, anyNpm],
      tests: [testkit, system],
      node: "everywhere",
    },
  ),
  ...mayImport("delivery-imports-core-only", delivery, "delivery serves any adapter that exports, and knows none.", {
    sources: [delivery, core, anyNpm],
    tests: [testkit],
    node: "everywhere",
  }),
  ...mayImport("testkit-imports-core-only", testkit, "testkit judges any implementation, so it knows none of them.", {
    sources: [testkit, core, runner],
    tests: [],
    node: "everywhere",
  }),
  ...mayImport(
    "simulator-imports-nothing-of-ours",
    simulator,
    "the simulator bills by its own books, or reconciling with them would prove nothing.",
    {
      sources: [simulator, npm("gpt-tokenizer")],
      tests: [runner, npm("openai", "@anthropic-ai/sdk")],
      node: "everywhere",
    },
  ),
  ...mayImport("meetings-import-core-only", meetings, "meetings is plain logic on core: no npm package, no node:*.", {
    sources: [meetings, core],
    tests: [testkit, runner],
    node: "in tests",
  }),
  ...mayImport(
    "metered-fetch-imports-core-only",
    "^packages/metered-fetch/",
    "metered-fetch is core behind a fetch: relays come in as ports.",
    {
      sources: ["^packages/metered-fetch/", core],
      tests: [
        testkit,
        composition,
        simulator,
        "^apps/api/",
        runner,
        npm("openai", "@anthropic-ai/sdk", "ai", "@ai-sdk/[^/]+", "@langchain/[^/]+"),
      ],
      node: "everywhere",
    },
  ),
  ...mayImport(
    "composition-binds-packages",
    composition,
    "composition binds core's ports to adapters; apps stand above it.",
    {
      sources: [composition, core, meetings, adapters, simulator, npm("inversify", "reflect-metadata", "yaml")],
      tests: [testkit, runner, npm("openai", "@anthropic-ai/sdk")],
      node: "everywhere",
    },
  ),
  ...mayImport("apps-import-composition", "^apps/([^/]+)/", "an app gets its adapters from composition.", {
    sources: ["^apps/$1/", composition, core, meetings, anyNpm],
    tests: [testkit, simulator],
    node: "everywhere",
  }),
  ...mayImport(
    "examples-import-published-packages",
    "^(examples/[^/]+|benchmarks)/",
    "an example shows what a user of the published packages can do.",
    {
      sources: ["^$1/", core, meetings, adapters, simulator, testkit, anyNpm],
      tests: [],
      node: "everywhere",
    },
  ),
];

const insideCore = [
  {
    name: "core-calls-is-the-top",
    comment:
      "calls/ is the use case: only what stands around it (ingest/, relay/, http/, testing/) knows it, and ports/ its chat types.",
    severity: "error",
    from: {
      path: "^packages/core/src/[^/]+/",
      pathNot: [tests, "^packages/core/src/(?:calls|ingest|relay|http|testing)/"],
    },
    to: {
      path: "^packages/core/src/(?:calls|relay|http|testing)/",
      pathNot: "^packages/core/src/calls/chat-[^/]+[.]ts$",
    },
  },
  {
    name: "core-chat-types-are-for-ports",
    comment: "ports/ may name the chat types of calls/; other folders of core have no need of them.",
    severity: "error",
    from: {
      path: "^packages/core/src/[^/]+/",
      pathNot: [tests, "^packages/core/src/(?:calls|relay|http|testing|ports)/"],
    },
    to: { path: "^packages/core/src/calls/chat-[^/]+[.]ts$" },
  },
  {
    name: "core-calls-know-no-wire",
    comment: "calls/ is the same for a library and a gateway: relay/ and http/ stand around it.",
    severity: "error",
    from: { path: "^packages/core/src/calls/", pathNot: tests },
    to: { path: "^packages/core/src/(?:relay|http)/" },
  },
  {
    name: "core-testing-is-for-tests",
    comment: "the doubles of core/testing are not for production.",
    severity: "error",
    from: { pathNot: [tests, "^packages/core/src/testing/", testkit, "^(?:examples|benchmarks|tools)/"] },
    to: { path: "^packages/core/src/testing/" },
  },
  {
    name: "ports-hold-types-only",
    comment: "a port is a type; behaviour belongs in a folder of its own.",
    severity: "error",
    from: { path: "^packages/core/src/ports/", pathNot: tests },
    to: { dependencyTypesNot: ["type-only", "type-import"] },
  },
];

const everywhere = [
  {
    name: "delivery-is-for-telemetry",
    comment: "otlp-delivery is what telemetry adapters share; nobody else exports spans.",
    severity: "error",
    from: { pathNot: ["^packages/adapters-telemetry-[^/]+/", delivery] },
    to: { path: delivery },
  },
  {
    name: "inversify-in-composition-only",
    comment: "no other package may need a container to be used.",
    severity: "error",
    from: { pathNot: composition },
    to: { path: npm("inversify", "reflect-metadata") },
  },
  {
    name: "no-cycles",
    comment: "files that import each other cannot be understood or tested one at a time.",
    severity: "error",
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
  },
  {
    name: "no-deep-imports",
    comment: "import another package by its name: its exports are its promise, its files are not.",
    severity: "error",
    from: { path: "^((?:packages|apps|examples)/[^/]+|benchmarks)/" },
    to: { pathNot: "^$1/", dependencyTypes: ["local"] },
  },
  {
    name: "dependencies-are-declared",
    comment: "name it in this package's package.json: it will not be there when the package is installed alone.",
    severity: "error",
    from: { path: "^(?:(?:packages|apps|examples)/[^/]+|benchmarks)/" },
    to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
  },
  {
    name: "dev-dependencies-are-for-tests",
    comment: "sources that are published need it in dependencies.",
    severity: "error",
    from: { path: "^(?:packages|apps)/[^/]+/src/", pathNot: tests },
    to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm", "npm-peer"], pathNot: "/node_modules/@types/" },
  },
  {
    name: "imports-resolve",
    comment: "there is no such module, or its package does not export it.",
    severity: "error",
    from: {},
    to: { couldNotResolve: true },
  },
];

// Run it on sources and tests alone: `depcruise packages/*/src packages/*/test apps/*/src apps/*/test`. What was built
// is no source, and leaving out every path with /dist/ would hide most npm packages from the rules.
export default {
  forbidden: [...layers, ...insideCore, ...everywhere],
  options: {
    // Types count as dependencies too.
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    doNotFollow: { path: ["node_modules", "/dist/"] },
    enhancedResolveOptions: {
      // As in development: a package's sources, not its build.
      conditionNames: ["@tenantry/source", "import", "node", "types", "default"],
      exportsFields: ["exports"],
      extensions: [".ts", ".mjs", ".js", ".json"],
    },
  },
};
