import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { ProviderName } from "../models/model-card.ts";
import { VendorError } from "./vendor-error.ts";

/**
 * Takes `Authorization: Bearer` or `x-api-key`. Without a list of keys every key that is not empty will do.
 * Answers the key's digest, so that accounts can be told apart without keeping keys; throws the vendor's 401.
 */
export function authenticate(
  provider: ProviderName,
  headers: IncomingHttpHeaders,
  allowed: ReadonlySet<string> | null,
): string {
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  const apiKey = headers["x-api-key"];
  const key = bearer ?? (typeof apiKey === "string" ? apiKey : "");
  if (key === "") {
    throw provider === "openai"
      ? new VendorError(401, "You didn't provide an API key.", { code: null })
      : new VendorError(401, "x-api-key header is required");
  }
  if (allowed && !allowed.has(key)) {
    // Neither vendor's error repeats the key here: it would end in somebody's log.
    throw provider === "openai"
      ? new VendorError(401, "Incorrect API key provided.", { code: "invalid_api_key" })
      : new VendorError(401, "invalid x-api-key");
  }
  return createHash("sha256").update(key).digest("base64");
}
