import { name } from "@tenantry/provider-simulator";

export const simulator: string = name;
