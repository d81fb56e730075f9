import type { SpanClaims } from "@tenantry/core";
import type { Attributes } from "./decoded-span.ts";
import type { KnownAttribute } from "./known-attributes.ts";
import { asText } from "./read-attributes.ts";

interface ClaimNames {
  /** The first that says something wins. */
  readonly attributes: readonly KnownAttribute[];
  /** Of the JSON object in OpenInference's `metadata`, after them. */
  readonly metadata: readonly string[];
}

/** Where each claim is looked for: our own name, Netra's, the general ones, then those that frameworks add to. */
const claimNames: Readonly<Record<keyof SpanClaims, ClaimNames>> = {
  tenantId: {
    attributes: [
      "tenantry.tenant_id",
      "netra.tenant_id",
      "tenant_id",
      "tenant.id",
      "traceloop.association.properties.tenant_id",
      "traceloop.association.properties.tenantId",
      "ai.telemetry.metadata.tenantId",
      "ai.telemetry.metadata.tenant_id",
      "ai.settings.context.tenantId",
      "ai.settings.context.tenant_id",
    ],
    metadata: ["tenant_id", "tenantId"],
  },
  userId: {
    attributes: [
      "tenantry.user_id",
      "netra.user_id",
      "enduser.id",
      "user.id",
      "user_id",
      "traceloop.association.properties.user_id",
      "traceloop.association.properties.userId",
      "ai.telemetry.metadata.userId",
      "ai.telemetry.metadata.user_id",
      "ai.settings.context.userId",
      "ai.settings.context.user_id",
    ],
    metadata: ["user_id", "userId"],
  },
  sessionId: {
    attributes: [
      "tenantry.session_id",
      "netra.session_id",
      "session.id",
      "session_id",
      "gen_ai.conversation.id",
      "traceloop.association.properties.session_id",
      "traceloop.association.properties.sessionId",
      "ai.telemetry.metadata.sessionId",
      "ai.telemetry.metadata.session_id",
      "ai.settings.context.sessionId",
      "ai.settings.context.session_id",
    ],
    metadata: ["session_id", "sessionId"],
  },
  feature: {
    attributes: [
      "tenantry.feature",
      "feature",
      "traceloop.association.properties.feature",
      "ai.telemetry.metadata.feature",
      "ai.settings.context.feature",
      "ai.telemetry.functionId",
    ],
    metadata: ["feature"],
  },
};

const noClaims: SpanClaims = Object.freeze({ tenantId: null, userId: null, sessionId: null, feature: null });

/** Whom the attributes say it is for; what they do not say is taken from `fallback`. */
export function toClaims(attributes: Attributes, fallback: SpanClaims = noClaims): SpanClaims {
  const metadata = metadataOf(attributes);
  return {
    tenantId: claimOf(attributes, metadata, claimNames.tenantId) ?? fallback.tenantId,
    userId: claimOf(attributes, metadata, claimNames.userId) ?? fallback.userId,
    sessionId: claimOf(attributes, metadata, claimNames.sessionId) ?? fallback.sessionId,
    feature: claimOf(attributes, metadata, claimNames.feature) ?? fallback.feature,
  };
}

function claimOf(attributes: Attributes, metadata: Metadata | null, names: ClaimNames): string | null {
  for (const name of names.attributes) {
    const claim = asText(attributes.get(name));
    if (claim !== null) return claim;
  }
  if (metadata === null) return null;
  for (const name of names.metadata) {
    const value = metadata[name];
    const claim = typeof value === "string" || typeof value === "number" ? asText(value) : null;
    if (claim !== null) return claim;
  }
  return null;
}

type Metadata = { readonly [name: string]: unknown };

/** Longer ones are not looked into. */
const maxMetadataLength = 16_384;

function metadataOf(attributes: Attributes): Metadata | null {
  const text = attributes.get("metadata");
  if (typeof text !== "string" || text.length > maxMetadataLength || !text.startsWith("{")) return null;
  try {
    return JSON.parse(text) as Metadata;
  } catch {
    return null;
  }
}
