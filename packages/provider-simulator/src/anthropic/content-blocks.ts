import { createHash } from "node:crypto";
import type { Fields } from "../http/read-fields.ts";
import { VendorError } from "../http/vendor-error.ts";
import type { CacheTtl, PromptBlock } from "../prompt/generation-request.ts";
import { imageTokens } from "../prompt/generation-request.ts";
import { anthropicFields } from "./anthropic-fields.ts";

/** The `cache_control` of a block: five minutes unless it asks for an hour. */
export function readCacheTtl(holder: Fields, path: string): CacheTtl | null {
  const control = anthropicFields.optionalObject(holder, "cache_control", `${path}cache_control`);
  if (!control) return null;
  if (control["type"] !== "ephemeral") {
    throw anthropicFields.failure(`${path}cache_control.type`, {
      kind: "value",
      expected: "'ephemeral'",
    });
  }
  const ttl = control["ttl"] ?? "5m";
  if (ttl === "5m" || ttl === "1h") return ttl;
  throw anthropicFields.failure(`${path}cache_control.ttl`, {
    kind: "value",
    expected: "'5m' or '1h'",
  });
}

function image(block: Fields): Pick<PromptBlock, "text" | "identity" | "extraTokens"> {
  const digest = createHash("sha256").update(JSON.stringify(block["source"] ?? null));
  return { text: "", identity: digest.digest("base64"), extraTokens: imageTokens.anthropic };
}

function documentText(block: Fields, at: string): string {
  const source = anthropicFields.optionalObject(block, "source", `${at}.source`);
  if (!source) throw anthropicFields.failure(`${at}.source`, { kind: "missing" });
  if (source["type"] === "text") {
    return anthropicFields.requiredString(source, "data", `${at}.source.data`);
  }
  throw new VendorError(400, `${at}.source.type: only text documents are simulated`);
}

function readResult(block: Fields, at: string): Pick<PromptBlock, "text" | "extraTokens"> {
  anthropicFields.requiredString(block, "tool_use_id", `${at}.tool_use_id`);
  const parts = readBlocks(block["content"] ?? "", `${at}.content`);
  return {
    text: parts.map((part) => part.text).join("\n"),
    extraTokens: parts.reduce((sum, part) => sum + part.extraTokens, 0),
  };
}

function readBlock(value: unknown, at: string): PromptBlock & { readonly type: string } {
  const block = anthropicFields.object(value, at);
  const type = anthropicFields.requiredString(block, "type", `${at}.type`);
  const base = { identity: "", extraTokens: 0, type, cacheTtl: readCacheTtl(block, `${at}.`) };
  switch (type) {
    case "text":
      return { ...base, text: anthropicFields.requiredString(block, "text", `${at}.text`) };
    case "image":
      return { ...base, ...image(block) };
    case "document":
      return { ...base, text: documentText(block, at) };
    case "tool_use": {
      const name = anthropicFields.requiredString(block, "name", `${at}.name`);
      return { ...base, text: name + JSON.stringify(block["input"] ?? {}) };
    }
    case "tool_result":
      return { ...base, ...readResult(block, at) };
    case "thinking":
      return { ...base, text: anthropicFields.requiredString(block, "thinking", `${at}.thinking`) };
    case "redacted_thinking":
      return { ...base, text: "" };
    default:
      throw anthropicFields.failure(`${at}.type`, {
        kind: "value",
        expected: "one of text, image, document, tool_use, tool_result, thinking, redacted_thinking",
      });
  }
}

/** Reads `content` or `system`: a string, or a list of blocks. */
export function readBlocks(content: unknown, path: string): (PromptBlock & { readonly type: string })[] {
  if (typeof content === "string") {
    return [{ text: content, identity: "", extraTokens: 0, cacheTtl: null, type: "text" }];
  }
  if (Array.isArray(content)) {
    return content.map((value: unknown, index) => readBlock(value, `${path}[${index}]`));
  }
  if (content === undefined) throw anthropicFields.failure(path, { kind: "missing" });
  const expected = "a string or a list of blocks";
  throw anthropicFields.failure(path, { kind: "type", expected, found: content });
}
