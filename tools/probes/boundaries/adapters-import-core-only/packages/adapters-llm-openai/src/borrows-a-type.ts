import type { name } from "@tenantry/adapters-llm-anthropic";

export type Name = typeof name;
