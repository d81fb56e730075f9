export type Known = typeof import("../calls/metered-call.ts");
