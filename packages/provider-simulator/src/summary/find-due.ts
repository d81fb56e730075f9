const weekday = "(?:mon|tues|wednes|thurs|fri|satur|sun)day";
const month = "(?:january|february|march|april|may|june|july|august|september|october|november|december)";
const unit = "(?:minute|hour|day|week|month|quarter|sprint|year)s?";
const number = "(?:\\d+|a|an|one|two|three|four|five|six|seven|eight|nine|ten|few)";
const moment = [
  "today",
  "tonight",
  "tomorrow(?: (?:morning|afternoon|evening))?",
  `(?:(?:next|this|the coming) )?${weekday}(?: (?:morning|afternoon|evening))?`,
  `(?:next|this|the coming) (?:week|month|quarter|sprint|year)`,
  `(?:the )?end of (?:the |this |next )?(?:day|week|month|quarter|sprint|year|${weekday})`,
  "eod|eow|eom|cob",
  `${month} \\d{1,2}(?:st|nd|rd|th)?|(?:the )?\\d{1,2}(?:st|nd|rd|th)?(?: of)? ${month}`,
  `(?:early |mid[- ]?|late )?${month}`,
  "\\d{4}-\\d{2}-\\d{2}|\\d{1,2}[./]\\d{1,2}(?:[./]\\d{2,4})?",
  "\\d{1,2}(?::\\d{2})? ?(?:am|pm)|noon|midnight|\\d{1,2}:\\d{2}",
  "q[1-4]",
].join("|");
const preposition = "(?:no later than|by|before|until|till|on|for|due)";
const due = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:${preposition} (?:${moment})|(?:in|within) ${number} ${unit}|${moment})(?![\\p{L}\\p{N}]|['’]s)`,
  "iu",
);
/** Months and quarters alone are names of things as often as dates. */
const vague = new RegExp(`^(?:q[1-4]|(?:early |mid[- ]?|late )?${month})$`, "i");

/** When something is due, in the speaker's own words; `null` when no time is named. */
export function findDue(text: string): string | null {
  const found = due.exec(text)?.[0] ?? null;
  return found === null || vague.test(found) ? null : found;
}
