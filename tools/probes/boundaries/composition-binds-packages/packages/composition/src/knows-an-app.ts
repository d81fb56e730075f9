import { name } from "@tenantry/cli";

export const app: string = name;
