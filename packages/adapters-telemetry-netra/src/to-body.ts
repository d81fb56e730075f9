import type { EncodedSpan } from "./span-text.ts";

/** The body of one export: spans by scope, scopes in order of their first span. `resource` is attributes as JSON text. */
export function toBody(resource: string, spans: readonly EncodedSpan[]): Uint8Array {
  const scopes = Map.groupBy(spans, ({ scope }) => scope);
  const parts: Uint8Array[] = [];
  const say = (text: string): void => void parts.push(Buffer.from(text));
  say(`{"resourceSpans":[{"resource":{"attributes":${resource},"droppedAttributesCount":0},"scopeSpans":[`);
  for (const [scope, own] of scopes) {
    say(`${parts.length === 1 ? "" : "]},"}{"scope":${scope},"spans":[`);
    for (const [index, { json }] of own.entries()) {
      if (index > 0) parts.push(comma);
      parts.push(json);
    }
  }
  say(`${scopes.size === 0 ? "" : "]}"}]}]}`);
  return Buffer.concat(parts);
}

const comma = Buffer.from(",");
