import { name } from "@tenantry/adapters-telemetry-netra";

export const adapter: string = name;
