/**
 * Providers by the names instrumentations give them, as the price catalogue has them.
 * - OpenTelemetry: https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-provider-name
 * - OpenInference: `LLMProvider` and `LLMSystem` of its semantic conventions.
 * - Vercel AI SDK: `provider` of its models, of which the part before the first point names the provider (`openai.chat`).
 */
const providers: ReadonlyMap<string, string> = new Map([
  ["openai", "openai"],
  ["anthropic", "anthropic"],
  ["azure", "azure"],
  ["azure.ai.openai", "azure"],
  ["azure.ai.inference", "azure"],
  ["az.ai.openai", "azure"],
  ["az.ai.inference", "azure"],
  ["azure_openai", "azure"],
  ["azure-openai", "azure"],
  ["azureopenai", "azure"],
  ["aws", "aws"],
  ["aws.bedrock", "aws"],
  ["aws_bedrock", "aws"],
  ["amazon-bedrock", "aws"],
  ["amazon_bedrock", "aws"],
  ["bedrock", "aws"],
  ["google", "google"],
  ["gemini", "google"],
  ["vertexai", "google"],
  ["vertex_ai", "google"],
  ["vertex", "google"],
  ["google-vertex", "google"],
  ["google_genai", "google"],
  ["google_vertexai", "google"],
  ["gcp.gemini", "google"],
  ["gcp.gen_ai", "google"],
  ["gcp.vertex_ai", "google"],
  ["mistral", "mistral"],
  ["mistral_ai", "mistral"],
  ["mistralai", "mistral"],
  ["cohere", "cohere"],
  ["groq", "groq"],
  ["deepseek", "deepseek"],
  ["perplexity", "perplexity"],
  ["x_ai", "x-ai"],
  ["xai", "x-ai"],
  ["x-ai", "x-ai"],
  ["together", "together"],
  ["togetherai", "together"],
  ["together_ai", "together"],
  ["fireworks", "fireworks"],
  ["openrouter", "openrouter"],
  ["cerebras", "cerebras"],
]);

/** Frameworks and gateways that some instrumentations name where the provider belongs. */
const frameworks: ReadonlySet<string> = new Set([
  "langchain",
  "langgraph",
  "llamaindex",
  "llama_index",
  "vercel",
  "gateway",
  "litellm",
  "crewai",
  "haystack",
  "traceloop",
]);

/** Names of models that only one provider gives, for spans that do not say who served them. */
const families: readonly (readonly [start: RegExp, provider: string])[] = [
  [/^(?:gpt-|chatgpt-|o[134](?:$|-)|text-embedding-|davinci|babbage)/, "openai"],
  [/^claude-/, "anthropic"],
  [/^gemini-/, "google"],
];

export interface ServedModel {
  readonly provider: string;
  readonly model: string;
}

const maxProviderLength = 64;

/**
 * Who served a model, in the catalogue's words; another name stays what it is, in lower case. Where a framework stands
 * for the provider, or nobody, it is read off `provider/model`, then off names only one provider gives; else it is
 * `unknown`, which has no price (R6).
 */
export function toServedModel(told: string | null, model: string): ServedModel {
  const named = told === null ? null : toProvider(told);
  if (named !== null) return { provider: named, model };
  const slash = model.indexOf("/");
  if (slash > 0 && slash < model.length - 1) {
    const provider = toProvider(model.slice(0, slash));
    if (provider !== null) return { provider, model: model.slice(slash + 1) };
  }
  return { provider: families.find(([start]) => start.test(model))?.[1] ?? "unknown", model };
}

/** Null for what is no provider. */
export function toProvider(told: string): string | null {
  const name = told.trim().toLowerCase();
  const exact = providers.get(name);
  if (exact !== undefined) return exact;
  const point = name.indexOf(".");
  const family = point > 0 ? name.slice(0, point) : name;
  const served = providers.get(family);
  if (served !== undefined) return served;
  if (frameworks.has(family)) return null;
  const own = name.replaceAll(/[^a-z0-9._-]+/g, "-").slice(0, maxProviderLength);
  return /[a-z0-9]/.test(own) ? own : null;
}
