export { createJsonLog } from "./json-log.ts";
export type { JsonLogOptions, LogLevel } from "./json-log.ts";
export { createRandomIds } from "./random-ids.ts";
export { createSystemClock } from "./system-clock.ts";
export { createSystemSecrets } from "./system-secrets.ts";
