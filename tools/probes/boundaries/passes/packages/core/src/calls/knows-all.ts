import { none } from "../money/pico-usd.ts";

export const total: bigint = none;
