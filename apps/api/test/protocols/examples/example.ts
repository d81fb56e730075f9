import type { ChatRequest } from "@tenantry/core";
import type { JsonObject } from "../../../src/protocols/protocol.ts";

/** A request as a caller writes it, and what it means in no protocol's words. */
export interface Example {
  readonly name: string;
  readonly body: JsonObject;
  readonly request: ChatRequest;
}

/** Where an object of a protocol's table stands: a body that holds it with more fields, and its path there. */
export interface Site {
  readonly path: string;
  with(more: JsonObject): JsonObject;
}

export const schema: JsonObject = {
  type: "object",
  properties: { ok: { type: "boolean" } },
  required: ["ok"],
  additionalProperties: false,
};

export const parameters: JsonObject = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};

export const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
