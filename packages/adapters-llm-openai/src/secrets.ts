/** Shortest value taken for a secret; shorter ones would blot out ordinary words. */
const shortestSecret = 8;

/** What no message may show: the key, and the values of headers an operator has set. */
export function secretsOf(settings: {
  readonly apiKey: string;
  readonly headers: Readonly<Record<string, string>>;
}): readonly string[] {
  return [settings.apiKey, ...Object.values(settings.headers).filter((value) => value.length >= shortestSecret)];
}
