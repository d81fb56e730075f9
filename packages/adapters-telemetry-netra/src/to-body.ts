import type { EncodedSpan } from "./span-queue.ts";

/** The body of one export: spans by scope, scopes in order of their first span. `resource` is attributes as JSON text. */
export function toBody(resource: string, spans: readonly EncodedSpan[]): string {
  const scopes = new Map<string, string[]>();
  for (const { scope, json } of spans) {
    const sameScope = scopes.get(scope);
    if (sameScope === undefined) scopes.set(scope, [json]);
    else sameScope.push(json);
  }
  const scopeSpans = [...scopes].map(([scope, texts]) => `{"scope":${scope},"spans":[${texts.join(",")}]}`);
  return `{"resourceSpans":[{"resource":{"attributes":${resource},"droppedAttributesCount":0},"scopeSpans":[${scopeSpans.join(",")}]}]}`;
}
