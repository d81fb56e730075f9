export type { CallScope } from "./call-scope.ts";
export { createMeteredFetch } from "./metered-fetch.ts";
export type { Fetch, MeteredFetch, MeteredFetchOptions, MeteredFetchPorts } from "./metered-fetch.ts";
