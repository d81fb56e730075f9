import { none } from "@tenantry/core/src/money/pico-usd.ts";

export const nothing: bigint = none;
