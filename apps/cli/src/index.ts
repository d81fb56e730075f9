export { runCommand } from "./program.ts";
export type { Terminal } from "./context.ts";
