import { createServer } from "node:http";
import { core } from "@tenantry/core";
import { it } from "vitest";

export const all: unknown = [createServer, core, it];
