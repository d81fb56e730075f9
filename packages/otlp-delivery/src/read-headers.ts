import { validateHeaderName, validateHeaderValue } from "node:http";
import type { Issue } from "@tenantry/core";

/** Headers as an object or as `name=value,name2=value2`. */
export type HeadersOption = string | Readonly<Record<string, string>>;

/** These are the transport's. */
const reservedHeaders = new Set([
  "host",
  "content-length",
  "content-type",
  "content-encoding",
  "transfer-encoding",
  "connection",
]);

/**
 * Headers that can be sent. What cannot goes into `issues` without its value, which may be a secret. `decode` is applied to
 * the values of the text form.
 */
export function readHeaders(
  headers: HeadersOption | undefined,
  issues: Issue[],
  decode: (text: string) => string = (text) => text,
): Readonly<Record<string, string>> {
  const read: Record<string, string> = {};
  for (const [name, value] of headerEntries(headers, decode)) {
    const problem = headerProblem(name, value);
    if (problem === null) read[name] = value;
    else issues.push({ path: "headers", message: problem });
  }
  return read;
}

/** The string form: split on commas, then on the first equals sign. */
function headerEntries(
  headers: HeadersOption | undefined,
  decode: (text: string) => string,
): readonly (readonly [string, string])[] {
  if (headers === undefined) return [];
  if (typeof headers !== "string") return Object.entries(headers);
  return headers
    .split(",")
    .filter((pair) => pair.trim() !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      return equals < 0 ? [pair.trim(), ""] : [pair.slice(0, equals).trim(), decode(pair.slice(equals + 1).trim())];
    });
}

function headerProblem(name: string, value: string): string | null {
  if (reservedHeaders.has(name.toLowerCase())) return `${name} is set by the transport and cannot be given`;
  if (value === "" || value === "undefined") return `${name} has no value`;
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return null;
  } catch {
    return `${JSON.stringify(name)} is not a valid header, or its value is not`;
  }
}
