import { core } from "../../core/src/index.ts";

export const found: string = core;
