/** One for every piece of an answer: the oldest are gone where a span dropped events. */
const chunkRun = "llm.content.completion.chunk";

/**
 * Events whose first one tells when an answer began.
 * - `llm.content.completion.chunk`: Netra's SDK and OpenLLMetry, one for each piece.
 * - `ai.stream.firstChunk`: the Vercel AI SDK.
 * - `First Token Stream Event`: OpenInference.
 */
export const firstChunkEvents: ReadonlySet<string> = new Set([
  chunkRun,
  "ai.stream.firstChunk",
  "First Token Stream Event",
]);

/** Whether the first one that is left may not be the first there was. */
export function isChunkRun(name: string): boolean {
  return name === chunkRun;
}
