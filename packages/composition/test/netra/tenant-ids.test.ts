import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { CallInput, ChatRequest } from "@tenantry/core";
import { type PlannedRequest, requestPatterns, wrongSpanIds } from "@tenantry/testkit";
import { expect, onTestFinished, test } from "vitest";
import type { App } from "../../src/index.ts";
import { openTraced } from "./traced-installation.ts";

const models = ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"];

function inputOf({ tenantId, userId, sessionId, index }: PlannedRequest): CallInput {
  return {
    tenantId,
    ...(userId === null ? {} : { userId }),
    ...(sessionId === null ? {} : { sessionId }),
    model: models[index % models.length] as string,
    operation: "meeting-summarization",
  };
}

/** One call a request: OpenAI's and Anthropic's, whole and streamed, by turns. */
async function serve(app: App, one: PlannedRequest): Promise<readonly string[]> {
  const request: ChatRequest = { messages: [{ role: "user", content: "The bridge is closed until May." }] };
  if (one.index % 4 < 2) return [(await app.tenantry.call(inputOf(one), request)).callId];
  const result = await app.tenantry.stream(inputOf(one), request);
  if (result.kind === "answering") {
    for await (const _event of result.events);
    await result.ended;
  }
  return [result.callId];
}

test.each(requestPatterns.map((pattern) => [pattern.name, pattern] as const))(
  "check 13: %s: 150 calls of three tenants carry no other's tenant, user or session",
  async (_name, pattern) => {
    const { app, spans } = await openTraced({}, { latency: { timeToFirstByteMs: 2, perTokenMs: 0, jitterRatio: 0.9 } });
    const callIds = await pattern.run(async (one) => await serve(app, one));
    const received = await spans();
    expect(received).toHaveLength(300);
    expect(wrongSpanIds(received, pattern.planned, callIds)).toEqual([]);
    const vendors = received.map(({ scope }) => scope.name).filter((name) => name !== "netra");
    expect(new Set(vendors)).toEqual(new Set(["netra.instrumentation.openai", "netra.instrumentation.anthropic"]));
  },
);

test("check 15: vendors are sent no baggage, no trace context and nobody's ids, and the collector no vendor's key", async () => {
  const seen: { readonly rawHeaders: readonly string[]; readonly url: string }[] = [];
  const vendor = createServer((incoming, response) => {
    seen.push({ rawHeaders: incoming.rawHeaders, url: incoming.url ?? "" });
    incoming.resume().on("end", () => response.writeHead(500).end());
  });
  await new Promise<void>((resolve) => vendor.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    vendor.closeAllConnections();
    await new Promise((resolve) => vendor.close(resolve));
  });
  const { port } = vendor.address() as AddressInfo;
  const { app, collector, spans } = await openTraced({}, {}, { url: `http://127.0.0.1:${port}` });
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const [pattern] = requestPatterns;
  for (const one of pattern?.planned.slice(0, 4) ?? []) {
    const request: ChatRequest = { messages: [{ role: "user", content: "Hello." }] };
    await app.tenantry.call({ ...inputOf(one), traceparent }, request);
    await app.tenantry.stream({ ...inputOf(one), traceparent }, request);
  }
  expect(seen.length).toBeGreaterThanOrEqual(8);
  const headers = JSON.stringify(seen).toLowerCase();
  expect(headers).toContain("x-client-request-id");
  expect(headers).not.toMatch(/baggage|traceparent|tracestate|4bf92f35|apex|stratex|techstart|user-seq|session-seq/);
  expect((await spans()).length).toBeGreaterThanOrEqual(16);
  for (const { headers: sent } of collector.requests) {
    expect(Object.keys(sent).toSorted()).toEqual([
      "authorization",
      "connection",
      "content-length",
      "content-type",
      "host",
    ]);
    expect(sent["authorization"]).toBe("Bearer key-for-tests");
    expect(sent["host"]).toBe(new URL(collector.origin).host);
  }
});
