import type { CallInput, ChatRequest } from "@tenantry/core";
import { type PlannedRequest, requestPatterns, wrongSpanIds } from "@tenantry/testkit";
import { expect, test } from "vitest";
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
