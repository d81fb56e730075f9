const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });
const maxSentenceChars = 400;

// Segmentation breaks after every full stop that a capital follows: these are not the end of a sentence.
const abbreviation =
  /(?:^|[\s(])(?:v|vs|mr|mrs|ms|dr|prof|inc|ltd|co|corp|st|no|jr|sr|approx|dept|est|fig|gen|sec|z\.B|e\.g|i\.e|etc|\p{Lu})\.\s*$/iu;

function shorten(sentence: string): string {
  if (sentence.length <= maxSentenceChars) return sentence;
  const head = sentence
    .slice(0, maxSentenceChars)
    .toWellFormed()
    .replace(/\uFFFD$/, "");
  return `${head.replace(/\s+\S*$/, "")}…`;
}

/** The sentences of a text in any script, each on one line and of bounded length. */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  let open = "";
  const close = (): void => {
    const sentence = open.replaceAll(/\s+/g, " ").trim();
    if (/[\p{L}\p{N}]/u.test(sentence)) sentences.push(shorten(sentence));
    open = "";
  };
  for (const line of text.split(/\r?\n/)) {
    // List and heading marks would turn into structure of the summary.
    for (const { segment } of segmenter.segment(line.replace(/^[\s#>*•–-]+/, ""))) {
      open += segment;
      if (!abbreviation.test(segment.slice(-12))) close();
    }
    close();
  }
  return sentences;
}
