import { createServer } from "vite";

export const create: unknown = createServer;
