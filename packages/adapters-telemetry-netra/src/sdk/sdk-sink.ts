import type { Span } from "@opentelemetry/api";
import type { AttributeSink } from "../attribute-text.ts";
import type { ContentAttributes } from "../to-content-attributes.ts";

/** Writes onto a span of OpenTelemetry's. */
export function sinkOf(span: Span): AttributeSink {
  return {
    set: (key, value) => {
      if (typeof value === "string") span.setAttribute(key, value.toWellFormed());
      else if (typeof value === "boolean" || Number.isFinite(value)) span.setAttribute(key, value as boolean | number);
    },
  };
}

/**
 * A conversation as a whole, then part by part. The SDK would put the whole together anew with each part; what is set as the
 * user's own it leaves alone, and sends as `input` or `output`.
 */
export function writeContent(sink: AttributeSink, name: "input" | "output", { whole, parts }: ContentAttributes): void {
  if (whole !== "") sink.set(`netra.user.${name}`, whole);
  writeParts(sink, parts);
}

/** In this order: the cap on the number of attributes cuts the end. */
export function writeParts(sink: AttributeSink, parts: ContentAttributes["parts"]): void {
  for (const [key, value] of parts) sink.set(key, value);
}
