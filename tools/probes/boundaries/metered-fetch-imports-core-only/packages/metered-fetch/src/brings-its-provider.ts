import { name } from "@tenantry/adapters-llm-openai";

export const relay: string = name;
