import { PicoUsd } from "@tenantry/core";

export type Cost = PicoUsd;
