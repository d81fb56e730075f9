export { createGptTokenCounter } from "./gpt-token-counter.ts";
export type { GptTokenCounterOptions } from "./gpt-token-counter.ts";
export { encodingOf } from "./model-encodings.ts";
export type { EncodingName } from "./model-encodings.ts";
