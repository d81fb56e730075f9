const segmenter = new Intl.Segmenter("und", { granularity: "word" });
const unspacedScript = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
const word = /[\p{L}\p{N}][\p{L}\p{M}\p{N}'’-]*/gu;

const fillers = new Set(
  `a about after all also am an and any are as at be been before but by can could did do does for from good
  great had has have he her here him his how i i'd i'll i'm i've if in into is it it's its just let let's like
  make me more my no not now of ok okay on or our out over really she should so some than thanks that that's the their
  them then there these they this those to too up us very was we we'll we're we've were what when where
  which who will with would yes you your der die das und ist wir ich nicht le la les et est nous de des
  el los las y en que es un una и в на мы не что это`.split(/\s+/),
);

/** The words of a text, in lower case. Scripts without spaces are cut by dictionary. */
export function wordsOf(text: string): string[] {
  if (!unspacedScript.test(text)) return text.toLowerCase().match(word) ?? [];
  return [...segmenter.segment(text)].filter((part) => part.isWordLike).map((part) => part.segment.toLowerCase());
}

/** The words that say something: no articles, pronouns, auxiliaries. */
export function contentWords(text: string): string[] {
  return wordsOf(text).filter((item) => !fillers.has(item.replaceAll("’", "'")));
}
