import type { PicoUsd } from "../../core/src/money/pico-usd.ts";

export type Cost = PicoUsd;
