import { double } from "@tenantry/core/testing";

export const used: string = double;
