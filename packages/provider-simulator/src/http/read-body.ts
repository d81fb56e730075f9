import type { IncomingMessage } from "node:http";
import { VendorError } from "./vendor-error.ts";

/** Longest body taken: https://platform.claude.com/docs/en/api/overview (32 MB); OpenAI gets the same. */
export const maxBodyBytes: number = 32 * 1024 * 1024;
// A longer body is read to its end, unkept, so that its sender sees the 413; one beyond this is cut off.
const maxDrainedBytes = 4 * maxBodyBytes;

/** The whole body as text; a {@link VendorError} 413 when it is too long. */
export async function readBody(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxDrainedBytes) req.destroy();
    if (bytes <= maxBodyBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (bytes > maxBodyBytes) throw new VendorError(413, "Request exceeds the maximum size");
  return Buffer.concat(chunks).toString("utf8");
}

/** The body as a JSON object; a {@link VendorError} 400 when it is something else. */
export function parseJsonObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message would quote the prompt.
    throw new VendorError(400, "We could not parse the JSON body of your request.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new VendorError(400, "The JSON body of your request must be an object.");
  }
  return value as Record<string, unknown>;
}
