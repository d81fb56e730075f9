import assert from "node:assert/strict";
import { type OtlpAttribute, otlpAttribute, type OtlpSpan } from "@tenantry/testkit";
import type { ReadMetric, ReadPoint, ReadSpan } from "./read-otlp.ts";

/** The one span of this name. */
export function spanNamed(spans: readonly ReadSpan[], name: string): OtlpSpan {
  const found = spans.filter(({ span }) => span.name === name);
  assert.equal(found.length, 1, `${found.length} spans named ${name}`);
  return (found[0] as ReadSpan).span;
}

/** Values by key; texts in a list are a list. */
export function valuesOf(attributes: readonly OtlpAttribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key }) => [key, plain(otlpAttribute(attributes, key))]));
}

export function valueIn(span: OtlpSpan, key: string): unknown {
  return plain(otlpAttribute(span.attributes, key));
}

/** The points of the one metric of this name. */
export function pointsOf(metrics: readonly ReadMetric[], name: string): readonly ReadPoint[] {
  const found = metrics.filter((metric) => metric.name === name);
  assert.equal(found.length, 1, `${found.length} metrics named ${name}`);
  return (found[0] as ReadMetric).points;
}

function plain(value: ReturnType<typeof otlpAttribute>): unknown {
  return Array.isArray(value) ? value.map((item: { stringValue?: string }) => item.stringValue) : value;
}
