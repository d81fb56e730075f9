import type { PicoUsd } from "@tenantry/core";

export type Price = PicoUsd;
