export { openGateway } from "./start/open-gateway.ts";
export { readSettings } from "./start/read-settings.ts";
export type { Env, Settings } from "./start/read-settings.ts";
export { startGateway } from "./start/start-gateway.ts";
export type { StartedGateway, StartOptions } from "./start/start-gateway.ts";
export type { Gateway, GatewayPorts, ServerOptions } from "./server.ts";
