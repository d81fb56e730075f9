import { describe, expect, it } from "vitest";
import { readReportedSpans } from "../src/index.ts";
import { readJson, readOne, requestOf, spanWith } from "./support/otlp-json.ts";

const nobody = { tenantId: null, userId: null, sessionId: null, feature: null };

describe("whom a span says it is for", () => {
  it.each([
    ["tenantry.tenant_id"],
    ["netra.tenant_id"],
    ["tenant_id"],
    ["tenant.id"],
    ["traceloop.association.properties.tenant_id"],
    ["ai.telemetry.metadata.tenantId"],
    ["ai.telemetry.metadata.tenant_id"],
    ["ai.settings.context.tenantId"],
  ])("may be told as %s", (name) => {
    expect(readOne({ [name]: "apex-legal" }).claims).toEqual({ ...nobody, tenantId: "apex-legal" });
  });

  it.each([
    ["netra.user_id", "userId"],
    ["enduser.id", "userId"],
    ["user.id", "userId"],
    ["traceloop.association.properties.user_id", "userId"],
    ["ai.telemetry.metadata.userId", "userId"],
    ["netra.session_id", "sessionId"],
    ["session.id", "sessionId"],
    ["gen_ai.conversation.id", "sessionId"],
    ["tenantry.feature", "feature"],
    ["ai.telemetry.functionId", "feature"],
  ])("has %s as its %s", (name, claim) => {
    expect(readOne({ [name]: "x" }).claims).toEqual({ ...nobody, [claim]: "x" });
  });

  it("may be told in OpenInference's metadata", () => {
    const metadata = JSON.stringify({ tenant_id: "apex-legal", user_id: 17, sessionId: "s", note: "n" });
    expect(readOne({ metadata }).claims).toEqual({ ...nobody, tenantId: "apex-legal", userId: "17", sessionId: "s" });
  });

  it.each(["[]", "{", "null", '{"tenant_id":{"a":1}}', '{"tenant_id":""}', `{"tenant_id":"${"x".repeat(20_000)}"}`])(
    "is not told by metadata like %.30s",
    (metadata) => {
      expect(readOne({ metadata }).claims).toEqual(nobody);
    },
  );

  it("is what our own name says before any other, and what the span says before its resource", () => {
    const span = spanWith({ tenant_id: "third", "tenantry.tenant_id": "first", "netra.tenant_id": "second" });
    const plain = spanWith({ "user.id": "u" });
    const resource = { "tenant.id": "all", "service.name": "shop", "deployment.environment": "production" };
    const { spans } = readJson(requestOf([span, plain], "lib", resource));
    expect(spans.map(({ claims }) => claims.tenantId)).toEqual(["first", "all"]);
    expect(spans[1]).toMatchObject({ service: "shop", environment: "production", claims: { userId: "u" } });
  });

  it.each([
    ["longer than an id may be", "x".repeat(201)],
    ["empty", ""],
    ["a line break", "a\nb"],
    ["half a character", "a\ud800"],
    ["a list", ["a"]],
    ["true", true],
    ["a fraction", 1.5],
  ])("is not told by what is %s", (_why, value) => {
    expect(readOne({ tenant_id: value, "tenant.id": "apex-legal" }).claims.tenantId).toBe("apex-legal");
  });

  it("is not told by bytes that are no text: two tenants must not become one", () => {
    const body = JSON.stringify(requestOf([spanWith({ tenant_id: "apex@" })]));
    const bytes = Buffer.from(body, "latin1");
    bytes[bytes.indexOf("@")] = 0xff;
    expect(readJsonBytes(bytes)).toEqual([null]);
  });
});

function readJsonBytes(bytes: Uint8Array): readonly (string | null)[] {
  return readReportedSpans(bytes, "json").spans.map(({ claims }) => claims.tenantId);
}
