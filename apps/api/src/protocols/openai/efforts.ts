import type { ReasoningEffort } from "@tenantry/core";

/** https://developers.openai.com/api/docs/guides/reasoning */
export const efforts: readonly ReasoningEffort[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
