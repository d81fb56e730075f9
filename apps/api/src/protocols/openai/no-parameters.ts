import type { ToolDefinition } from "@tenantry/core";

/** What a tool takes that names no parameters. */
export const noParameters: ToolDefinition["parameters"] = { type: "object", properties: {} };
