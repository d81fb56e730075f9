import type { ReasoningPart } from "@tenantry/core";
import { isObject } from "../read-fields.ts";

/** Tells what we wrote from what a provider encrypted. */
const prefix = "tnt-reasoning-1.";

/** Thinking as `encrypted_content`: the place where this protocol carries what has to be given back unchanged. */
export function sealReasoning(part: ReasoningPart): string {
  return prefix + Buffer.from(JSON.stringify(part), "utf8").toString("base64url");
}

/** What was sealed, or null for a provider's own encryption, which no other provider can read. */
export function unsealReasoning(encrypted: string): ReasoningPart | null {
  if (!encrypted.startsWith(prefix)) return null;
  try {
    const part: unknown = JSON.parse(Buffer.from(encrypted.slice(prefix.length), "base64url").toString("utf8"));
    return isReasoningPart(part) ? part : null;
  } catch {
    return null;
  }
}

function isReasoningPart(value: unknown): value is ReasoningPart {
  if (!isObject(value)) return false;
  if (value["type"] === "redacted") return typeof value["data"] === "string";
  return value["type"] === "thinking" && typeof value["text"] === "string" && typeof value["signature"] === "string";
}
