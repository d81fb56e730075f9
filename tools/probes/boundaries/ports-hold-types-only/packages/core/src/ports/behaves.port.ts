import { none } from "../money/pico-usd.ts";

export const start: bigint = none;
