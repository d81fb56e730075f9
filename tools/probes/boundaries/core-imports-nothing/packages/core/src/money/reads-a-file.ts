import { readFileSync } from "node:fs";

export const text: string = readFileSync("prices.txt", "utf8");
