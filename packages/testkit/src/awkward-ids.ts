/**
 * Ids that stores tend to confuse: separators, wildcards, quotes, case, the two Unicode forms of é, characters that
 * sort differently in UTF-8 and UTF-16, and long ids that differ only at their end.
 */
export const awkwardIds: readonly string[] = [
  "plain",
  "PLAIN",
  "a:b",
  "a::b",
  ":",
  "a%",
  "a_",
  "%",
  "it's",
  'say "hi"',
  "back\\slash",
  "semi;colon--",
  "a/b?c#d&e=f",
  "[1,2]",
  "null",
  "0",
  " padded ",
  "__proto__",
  "caf\u00e9",
  "cafe\u0301",
  "\u{1f600}",
  "\uffee",
  "租户",
  `${"x".repeat(199)}1`,
  `${"x".repeat(199)}2`,
];
