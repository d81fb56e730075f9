import type { Attributes } from "@opentelemetry/api";
import type { Span } from "@opentelemetry/sdk-trace";
import { limitText } from "./limit-text.ts";
import type { ContentAttributes } from "./to-content-attributes.ts";

/** Writes attributes in their order. Leaves out what has no value on the wire: NaN, infinities, values of other types. */
export function writeAttributes(span: Span, attributes: Attributes, maxLength: number): void {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "string") span.setAttribute(key, limitText(value, maxLength));
    else if (typeof value === "boolean" || Number.isFinite(value)) span.setAttribute(key, value);
  }
}

/** Writes content, which is limited already. The span counts what its cap drops. */
export function writeContent(span: Span, content: ContentAttributes): void {
  for (const [key, value] of content) span.setAttribute(key, value);
}
