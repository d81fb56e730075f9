import type { ReportedSpan } from "@tenantry/core";
import { expect } from "vitest";
import { readReportedSpans, type ReadSpans } from "../../src/index.ts";

export type Attributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export const traceId = "0123456789abcdef0123456789abcdef";
export const spanId = "0123456789abcdef";
export const startedAt = 1_795_000_000_000;

/** A good span of one second, with what is given over it. */
export function spanWith(attributes: Attributes, fields: object = {}): object {
  return {
    traceId,
    spanId,
    name: "chat",
    kind: 3,
    startTimeUnixNano: `${startedAt}000000`,
    endTimeUnixNano: `${startedAt + 1_000}000000`,
    attributes: attributesOf(attributes),
    status: { code: 1 },
    ...fields,
  };
}

export function requestOf(spans: readonly unknown[], scope = "lib", resource: Attributes = {}): object {
  const scopeSpans = [{ scope: { name: scope, version: "1" }, spans }];
  return { resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans }] };
}

export function readJson(body: unknown, limits?: Parameters<typeof readReportedSpans>[2]): ReadSpans {
  return readReportedSpans(new TextEncoder().encode(JSON.stringify(body)), "json", limits);
}

/** The one span with these attributes that a library of this name made. */
export function readOne(attributes: Attributes, scope?: string, fields?: object): ReportedSpan {
  const { spans, refused } = readJson(requestOf([spanWith(attributes, fields)], scope));
  expect(refused).toEqual([]);
  expect(spans).toHaveLength(1);
  return spans[0] as ReportedSpan;
}

function attributesOf(attributes: Attributes): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValueOf(value) }));
}

function anyValueOf(value: Attributes[string]): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } };
}
