import { integer } from "fast-check";

export const numbers: unknown = integer;
