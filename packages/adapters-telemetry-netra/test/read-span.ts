import assert from "node:assert/strict";
import { otlpAttribute, type OtlpSpan, type ReceivedSpan } from "@tenantry/testkit";

/** The one span of this name. */
export function spanNamed(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const found = spans.filter(({ span }) => span.name === name);
  assert.equal(found.length, 1, `${found.length} spans named ${name}`);
  return found[0] as ReceivedSpan;
}

export function attribute(span: Pick<OtlpSpan, "attributes">, key: string): unknown {
  return otlpAttribute(span.attributes, key);
}

/** `key: type` of every attribute, sorted. */
export function attributeTypes(span: OtlpSpan): readonly string[] {
  return span.attributes.map(({ key, value }) => `${key}: ${Object.keys(value).join()}`).toSorted();
}

export function attributesOf(span: Pick<OtlpSpan, "attributes">): Readonly<Record<string, unknown>> {
  return Object.fromEntries(span.attributes.map(({ key }) => [key, attribute(span, key)]));
}
