import { name } from "@tenantry/adapters-system";

export const clock: string = name;
