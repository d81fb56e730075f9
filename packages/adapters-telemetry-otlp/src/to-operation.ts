import type { AttemptEnd, ModelRef } from "@tenantry/core";
import type { OtlpProvider } from "./settings.ts";

/** Core's kinds of request in the conventions' words; any other goes by its own name. */
const operations: ReadonlyMap<string, string> = new Map([
  ["response", "chat"],
  ["embedding", "embeddings"],
  ["completion", "text_completion"],
]);

/**
 * `gen_ai.operation.name`.
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/client-inference.md
 */
export function toOperation(kind: string): string {
  return operations.get(kind) ?? kind;
}

/** Values that the conventions know for `gen_ai.provider.name`. */
const wellKnown: ReadonlySet<string> = new Set([
  "anthropic",
  "aws.bedrock",
  "azure.ai.inference",
  "azure.ai.openai",
  "cohere",
  "deepseek",
  "gcp.gemini",
  "gcp.gen_ai",
  "gcp.vertex_ai",
  "groq",
  "ibm.watsonx.ai",
  "mistral_ai",
  "moonshot_ai",
  "openai",
  "perplexity",
  "x_ai",
]);

/** A provider in the conventions' terms. */
export interface ToldProvider {
  /** `gen_ai.provider.name`: a name they know, else whose wire is spoken. */
  readonly name: string;
  readonly address: string | null;
  readonly port: number | null;
}

export function toProvider({ provider: name }: ModelRef, known: OtlpProvider | undefined): ToldProvider {
  const url = URL.parse(known?.url ?? "");
  return {
    name: wellKnown.has(name) ? name : (known?.kind ?? name),
    address: url === null ? null : url.hostname.replace(/^\[|\]$/g, ""),
    port: url === null ? null : Number(url.port || (url.protocol === "https:" ? 443 : 80)),
  };
}

/** Core's reasons in the words of the conventions' output messages. */
const reasons: ReadonlyMap<string, string> = new Map([
  ["tool-calls", "tool_call"],
  ["filtered", "content_filter"],
]);

/**
 * The reason of the one answer. One that was expected and did not come is `error`; where nothing was asked of a model
 * there is none to expect.
 */
export function toFinishReason({ finishReason, line }: AttemptEnd): string | null {
  if (finishReason !== null) return reasons.get(finishReason) ?? finishReason;
  const { outcome } = line;
  return outcome === "failed" || outcome === "timeout" || outcome === "aborted" || outcome === "cut" ? "error" : null;
}

/** `error.type`: the provider's status, else how the attempt ended; null when it succeeded. */
export function toErrorType({ line }: AttemptEnd): string | null {
  if (line.outcome === "ok") return null;
  return line.status === null ? line.outcome : String(line.status);
}
