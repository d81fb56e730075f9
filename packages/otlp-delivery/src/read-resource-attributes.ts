/**
 * `key=value,key2=value2` with percent-encoded values. As the specification asks, one malformed pair discards the whole
 * text. https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable
 */
export function readResourceAttributes(text: string): Readonly<Record<string, string>> {
  const read: Record<string, string> = {};
  for (const pair of text.split(",")) {
    if (pair.trim() === "") continue;
    const equals = pair.indexOf("=");
    const key = pair.slice(0, equals).trim();
    if (equals <= 0 || key === "") return {};
    try {
      read[key] = decodeURIComponent(pair.slice(equals + 1).trim());
    } catch {
      return {};
    }
  }
  return read;
}
