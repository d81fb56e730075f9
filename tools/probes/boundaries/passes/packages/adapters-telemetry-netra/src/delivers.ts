import { name } from "@tenantry/otlp-delivery";

export const delivery: string = name;
