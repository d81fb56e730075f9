import { createHash } from "node:crypto";
import type { PromptBlock } from "../prompt/generation-request.ts";
import { imageTokens, tokensPerMessage } from "../prompt/generation-request.ts";
import type { Encoding } from "../prompt/tokenizer.ts";
import { countTokens } from "../prompt/tokenizer.ts";
import { openaiFields } from "./openai-fields.ts";

/** The text of a message and what its images cost. */
export interface MessageContent {
  readonly text: string;
  readonly imageTokens: number;
  /** Tells images apart without keeping them. */
  readonly imageDigest: string;
}

const textTypes = new Set(["text", "input_text", "output_text", "refusal"]);
const imageTypes = new Set(["image_url", "input_image"]);

/** Reads `content`: a string, or text and image parts of either OpenAI API. Other parts are a 400. */
export function readContent(content: unknown, path: string): MessageContent {
  if (content === null || content === undefined) {
    return { text: "", imageTokens: 0, imageDigest: "" };
  }
  if (typeof content === "string") return { text: content, imageTokens: 0, imageDigest: "" };
  if (!Array.isArray(content)) {
    const expected = "a string or an array of parts";
    throw openaiFields.failure(path, { kind: "type", expected, found: content });
  }
  const texts: string[] = [];
  const images = createHash("sha256");
  let tokens = 0;
  content.forEach((value: unknown, index) => {
    const at = `${path}[${index}]`;
    const part = openaiFields.object(value, at);
    const type = openaiFields.requiredString(part, "type", `${at}.type`);
    if (textTypes.has(type)) {
      const name = type === "refusal" ? "refusal" : "text";
      texts.push(openaiFields.requiredString(part, name, `${at}.${name}`));
    } else if (imageTypes.has(type)) {
      const detail = openaiFields.object(
        typeof part["image_url"] === "object" ? part["image_url"] : part,
        `${at}.image_url`,
      )["detail"];
      tokens += detail === "low" ? imageTokens.openaiLow : imageTokens.openaiHigh;
      images.update(JSON.stringify(part));
    } else {
      const expected = "a text or image part";
      throw openaiFields.failure(`${at}.type`, { kind: "value", expected });
    }
  });
  return {
    text: texts.join("\n"),
    imageTokens: tokens,
    imageDigest: tokens === 0 ? "" : images.digest("base64"),
  };
}

/** A message as a prompt block: three tokens, its role, its content. */
export function messageBlock(role: string, content: MessageContent, suffix: string, encoding: Encoding): PromptBlock {
  return {
    text: content.text + suffix,
    identity: `${role}\u0000${content.imageDigest}`,
    extraTokens: tokensPerMessage + countTokens(role, encoding) + content.imageTokens,
    cacheTtl: null,
  };
}

/** Tool definitions as the prompt block they are billed as. */
export function toolsBlock(tools: readonly unknown[]): PromptBlock[] {
  if (tools.length === 0) return [];
  return [{ text: JSON.stringify(tools), identity: "tools", extraTokens: 0, cacheTtl: null }];
}
