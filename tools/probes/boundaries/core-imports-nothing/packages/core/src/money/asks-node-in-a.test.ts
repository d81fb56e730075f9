import { cpus } from "node:os";

export const count: number = cpus().length;
