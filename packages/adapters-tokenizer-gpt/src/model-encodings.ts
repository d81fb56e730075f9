/** A vocabulary with its rules for cutting text into pieces. */
export type EncodingName = "o200k_base" | "cl100k_base";

/**
 * Which models use which encoding, by exact name or by prefix, longest first; from the table OpenAI keeps at
 * https://github.com/openai/tiktoken/blob/main/tiktoken/model.py. gpt-oss uses o200k_harmony, which differs from
 * o200k_base in its special tokens alone, and those are never counted as such here.
 */
const prefixes: readonly (readonly [prefix: string, encoding: EncodingName])[] = [
  ["ft:gpt-3.5-turbo", "cl100k_base"],
  ["ft:davinci-002", "cl100k_base"],
  ["ft:babbage-002", "cl100k_base"],
  ["gpt-3.5-turbo-", "cl100k_base"],
  ["gpt-35-turbo-", "cl100k_base"],
  ["chatgpt-4o-", "o200k_base"],
  ["ft:gpt-4.1", "o200k_base"],
  ["ft:gpt-4o", "o200k_base"],
  ["gpt-4.5-", "o200k_base"],
  ["gpt-4.1-", "o200k_base"],
  ["o4-mini-", "o200k_base"],
  ["ft:gpt-4", "cl100k_base"],
  ["gpt-oss-", "o200k_base"],
  ["gpt-4o-", "o200k_base"],
  ["gpt-4-", "cl100k_base"],
  ["gpt-5", "o200k_base"],
  ["o1-", "o200k_base"],
  ["o3-", "o200k_base"],
];

const names: ReadonlyMap<string, EncodingName> = new Map([
  ["o1", "o200k_base"],
  ["o3", "o200k_base"],
  ["o4-mini", "o200k_base"],
  ["gpt-4.1", "o200k_base"],
  ["gpt-4o", "o200k_base"],
  ["gpt-4", "cl100k_base"],
  ["gpt-3.5", "cl100k_base"],
  ["gpt-3.5-turbo", "cl100k_base"],
  ["gpt-35-turbo", "cl100k_base"],
  ["davinci-002", "cl100k_base"],
  ["babbage-002", "cl100k_base"],
  ["text-embedding-ada-002", "cl100k_base"],
  ["text-embedding-3-small", "cl100k_base"],
  ["text-embedding-3-large", "cl100k_base"],
]);

/** The encoding a model uses, or null when nobody has said: its counts are estimates. */
export function encodingOf(model: string): EncodingName | null {
  return names.get(model) ?? prefixes.find(([prefix]) => model.startsWith(prefix))?.[1] ?? null;
}
