import { rankSentences } from "../summary/rank-sentences.ts";
import { splitSentences } from "../summary/split-sentences.ts";

const maxSentences = 4;
const maxInputChars = 100_000;

/**
 * An answer to a prompt that is not about a meeting: it takes up the sentences of the prompt that say most,
 * in their order. It knows nothing, so it claims nothing.
 */
export function plainAnswer(prompt: string): string {
  const sentences = splitSentences(prompt.slice(0, maxInputChars));
  const points = rankSentences(sentences, maxSentences).map((index) => sentences[index] ?? "");
  if (points.length === 0) return "There is nothing to answer yet: the message has no text.";
  if (points.length === 1) return `You wrote: “${points[0]}” That is the whole of the message.`;
  return `The main points of your message are these. ${points.join(" ")}`;
}
