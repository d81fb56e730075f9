import { name } from "@tenantry/composition";

export const used: string = name;
