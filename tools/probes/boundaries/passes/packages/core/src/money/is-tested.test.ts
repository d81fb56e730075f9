import { integer } from "fast-check";
import { it } from "vitest";
import { double } from "../testing/index.ts";
import { none } from "./pico-usd.ts";

it(`${double} ${none} ${String(integer())}`, () => {});
