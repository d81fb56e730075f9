import { readFile } from "node:fs/promises";
import { openOtlpCollector, otlpAttribute, type OtlpCollector, type OtlpSpan } from "@tenantry/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openApp } from "../src/index.ts";
import { workspaceFile } from "./support/child.ts";
import { configIn, temporaryFolder } from "./support/installation.ts";
import { always } from "./support/read-ledger.ts";

const tenants = ["alpha", "beta", "gamma"] as const;
const tiers = `
tiers:
  plain: { models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5], maxOutputTokens: 64 }
tenants: { ${tenants.map((tenant) => `${tenant}: { tier: plain }`).join(", ")} }
`;
const request = { messages: [{ role: "user" as const, content: "The bridge is closed until May." }] };

let netra: OtlpCollector;
let otlp: OtlpCollector;
beforeEach(async () => {
  [netra, otlp] = [await openOtlpCollector(), await openOtlpCollector()];
});
afterEach(async () => {
  await netra.close();
  await otlp.close();
});

function both(): string {
  return `${tiers}
telemetry:
  netra: { endpoint: "${netra.origin}", apiKey: k }
  otlp: { endpoint: "${otlp.origin}", protocol: http/json }
`;
}

function spansAt(collector: OtlpCollector): readonly OtlpSpan[] {
  return collector.requests
    .filter(({ path, accepted }) => accepted && path === "/v1/traces")
    .flatMap(({ body }) => {
      const parsed = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] };
      return parsed.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
    });
}

function told(span: OtlpSpan, key: string): unknown {
  return otlpAttribute(span.attributes, key);
}

describe("Netra and an OTLP backend at once", () => {
  test("each hears of the call and its attempt, and closing delivers to both", async () => {
    const app = await openApp(await configIn(await temporaryFolder(), both()));
    const result = await app.tenantry.call({ tenantId: "alpha" }, request);
    expect(result).toMatchObject({ kind: "ok" });
    await app.close();
    for (const collector of [netra, otlp]) {
      const spans = spansAt(collector);
      expect(spans).toHaveLength(2);
      expect(new Set(spans.map((span) => told(span, "tenantry.call_id")))).toEqual(new Set([result.callId]));
    }
    expect(otlp.requests.map(({ path }) => path).toSorted()).toEqual(["/v1/metrics", "/v1/traces"]);
    expect(netra.requests.map(({ path }) => path)).toEqual(["/v1/traces"]);
  });

  test.for(["netra", "otlp"] as const)("%s that hangs keeps the other from nothing", async (name) => {
    const [broken, whole] = name === "netra" ? [netra, otlp] : [otlp, netra];
    await broken.behave({ kind: "hang" });
    const app = await openApp(await configIn(await temporaryFolder(), both()));
    expect(await app.tenantry.call({ tenantId: "alpha" }, request)).toMatchObject({ kind: "ok" });
    await app.tenantry.close(300);
    await app.close();
    expect(spansAt(whole)).toHaveLength(2);
  });

  test("150 interleaved calls of three tenants, as a whole and streamed, carry no wrong id on either", async () => {
    const app = await openApp(await configIn(await temporaryFolder(), both()));
    const calls = Array.from({ length: 150 }, (_, index) => ({
      tenantId: tenants[index % 3] as string,
      userId: `user-${index}`,
      sessionId: `session-${index}`,
    }));
    const callIds = await Promise.all(
      calls.map(async (who, index) => {
        if (index % 2 === 0) return (await app.tenantry.call(who, request)).callId;
        const result = await app.tenantry.stream(who, request);
        if (result.kind !== "answering") throw new Error(result.kind);
        for await (const _ of result.events) await Promise.resolve();
        return result.callId;
      }),
    );
    const page = await app.reader.calls({ kind: "installation" }, { period: always, limit: 200 });
    expect(page.calls).toHaveLength(150);
    await app.close();
    const names = {
      netra: ["netra.tenant_id", "netra.user_id", "netra.session_id"],
      otlp: ["tenantry.tenant_id", "tenantry.user_id", "tenantry.session_id"],
    };
    for (const [collector, keys] of [
      [netra, names.netra],
      [otlp, names.otlp],
    ] as const) {
      const spans = spansAt(collector);
      expect(spans.length).toBeGreaterThanOrEqual(300);
      const wrong = spans.filter((span) => {
        const who = calls[callIds.indexOf(String(told(span, "tenantry.call_id")))];
        const ids = keys.map((key) => told(span, key));
        return who === undefined || ids.join() !== [who.tenantId, who.userId, who.sessionId].join();
      });
      expect(wrong).toEqual([]);
    }
  });
});

test("an OTLP header that cannot be sent is told when the installation opens, without its value", async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: otlp.origin, OTEL_EXPORTER_OTLP_HEADERS: "x-key=se%0Acret" };
  const config = await configIn(await temporaryFolder(), tiers, env);
  const opening = openApp(config).then((app) => app.close());
  await expect(opening).rejects.toMatchObject({ code: "invalid_configuration" });
  await expect(opening).rejects.not.toThrow(/se\ncret/);
});

test("the guide's configuration can be used", async () => {
  const guide = await readFile(workspaceFile("docs/guides/opentelemetry.md"), "utf8");
  const [, yaml = ""] = /^```yaml\n([\s\S]*?)^```/m.exec(guide) ?? [];
  const { otlp: read } = await configIn(await temporaryFolder(), yaml);
  expect(read).toEqual({ endpoint: "http://127.0.0.1:4318" });
});
