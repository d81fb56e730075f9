import { name } from "@tenantry/composition";
import { Command } from "commander";

export const all: unknown = [name, Command];
