import { contentWords } from "./words.ts";

const important =
  /\b(key|main|important|critical|risks?|issues?|problems?|deadline|budget|revenue|results?|launch(ed)?|goals?|priorit\w+|because|therefore|delays?)\b/i;

function score(words: readonly string[], text: string, place: number, weights: Map<string, number>) {
  if (words.length === 0) return 0;
  const weight = words.reduce((sum, item) => sum + (weights.get(item) ?? 0), 0);
  let total = weight / Math.sqrt(words.length + 2);
  if (/\p{N}/u.test(text)) total *= 1.2;
  if (important.test(text)) total *= 1.3;
  if (/[?？؟]\s*["”»]?$/u.test(text)) total *= 0.4;
  if (words.length < 3) total *= 0.5;
  return total * (1.15 - 0.15 * place);
}

/**
 * The `most` sentences that say most, as indices in their own order. A word weighs more the more often the
 * text uses it; figures, and words that announce importance, add weight; questions and exclamations lose it.
 */
export function rankSentences(sentences: readonly string[], most: number): number[] {
  const words = sentences.map((sentence) => contentWords(sentence));
  const weights = new Map<string, number>();
  for (const item of words.flat()) weights.set(item, (weights.get(item) ?? 0) + 1);
  for (const [item, count] of weights) weights.set(item, 1 + Math.log(count));
  return sentences
    .map((text, index) => ({
      index,
      score: score(words[index] ?? [], text, index / sentences.length, weights),
    }))
    .toSorted((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, most)
    .map((item) => item.index)
    .toSorted((a, b) => a - b);
}
