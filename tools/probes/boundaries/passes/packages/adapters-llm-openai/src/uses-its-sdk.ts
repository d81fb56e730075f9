import { readFileSync } from "node:fs";
import { core } from "@tenantry/core";
import openai from "openai";

export const all: unknown = [readFileSync, core, openai];
