import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { TenantryError, usageOf, type ChatEvent, type ChatModel, type ChatRequest } from "@tenantry/core";
import {
  openWireServer,
  scenarioOf,
  scenarios,
  writeScenario,
  type Scenario,
  type WireServer,
  type WireStep,
} from "@tenantry/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAnthropicChatModel } from "../src/index.ts";
import { anthropicWireDialect } from "./wire-dialect.ts";

const apiKey = "sk-ant-made-up-0123456789abcdef";
const request: ChatRequest = { messages: [{ role: "user", content: "Hello" }], maxOutputTokens: 64 };

function send(signal: AbortSignal = new AbortController().signal): Parameters<ChatModel["complete"]>[1] {
  return { model: "claude-sonnet-5", attemptId: "attempt-1", signal };
}

async function readAll(events: AsyncIterable<ChatEvent>): Promise<readonly ChatEvent[]> {
  const read: ChatEvent[] = [];
  for await (const event of events) read.push(event);
  return read;
}

async function thrown(promise: Promise<unknown>): Promise<TenantryError> {
  const error = await promise.then(
    () => new Error("nothing was thrown"),
    (reason: unknown) => reason,
  );
  if (!TenantryError.is(error)) throw error;
  return error;
}

describe("a connection", () => {
  let server: WireServer;
  let model: ChatModel;
  beforeEach(async () => {
    server = await openWireServer();
    model = createAnthropicChatModel({ apiKey, baseUrl: server.origin });
  });
  afterEach(async () => await server.close());

  function playing(scenario: Scenario, ...more: readonly WireStep[]): void {
    server.play((asked) => [...writeScenario(anthropicWireDialect, scenario, asked), ...more]);
  }

  it("is closed when a stream is given up before its first event was asked for", async () => {
    playing(scenarios.hangMidway);
    const iterator = (await model.stream(request, send()))[Symbol.asyncIterator]();
    await iterator.return?.();
    await server.requests[0]?.closed;
    expect(server.requests[0]?.closedEarly).toBe(true);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("is closed when a stream is given up while an event is awaited, and the wait ends", async () => {
    playing(scenarios.hangMidway);
    const iterator = (await model.stream(request, send()))[Symbol.asyncIterator]();
    for (let text = 0; text < 3;) {
      const next = await iterator.next();
      if (next.done === true) throw new Error("the stream ended");
      if (next.value.type === "text") text += 1;
    }
    const waiting = iterator.next();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await server.requests[0]?.closed;
    expect(server.requests[0]?.closedEarly).toBe(true);
  });

  it("that stays open after the terminal event keeps nobody waiting", async () => {
    playing(scenarioOf(), { type: "hang" });
    const events = await readAll(await model.stream(request, send()));
    expect(events.at(-1)).toEqual({ type: "end", finishReason: "stop" });
    await server.requests[0]?.closed;
    expect(server.requests[0]?.closedEarly).toBe(true);
  });

  it("that does not answer within timeoutMs is upstream_timeout of kind timeout", async () => {
    playing(scenarios.hang);
    const hasty = createAnthropicChatModel({ apiKey, baseUrl: server.origin, timeoutMs: 20 });
    for (const call of [hasty.complete(request, send()), hasty.stream(request, send())]) {
      const error = await thrown(call);
      expect(error).toMatchObject({ code: "upstream_timeout", retryable: true, upstream: { kind: "timeout" } });
    }
  });

  it("that breaks in a stream leaves the last usage in the error, and in the events before", async () => {
    playing(scenarios.brokenMidway);
    const events: ChatEvent[] = [];
    const read = async (): Promise<void> => {
      for await (const event of await model.stream(request, send())) events.push(event);
    };
    const error = await thrown(read());
    expect(error.upstream).toMatchObject({ kind: "cut", usage: usageOf({ input: 100, output: 1 }), status: 200 });
    expect(events).toContainEqual({ type: "usage", usage: usageOf({ input: 100, output: 1 }) });
  });

  it("that was aborted in a stream leaves the last usage in the error", async () => {
    playing(scenarios.hangMidway);
    const controller = new AbortController();
    const read = async (): Promise<void> => {
      for await (const event of await model.stream(request, send(controller.signal))) {
        if (event.type === "text") controller.abort(new TenantryError("upstream_timeout", "too late"));
      }
    };
    const error = await thrown(read());
    expect(error).toMatchObject({ code: "upstream_timeout", upstream: { usage: usageOf({ input: 100, output: 1 }) } });
  });

  it("is not made for a request that cannot be sent", async () => {
    playing(scenarioOf());
    const endless: Record<string, unknown> = {};
    endless["itself"] = endless;
    const error = await thrown(model.complete({ ...request, extra: { endless } }, send()));
    expect(error).toMatchObject({ code: "upstream_error", upstream: { kind: "not-sent", fault: "caller" } });
    expect(server.requests).toHaveLength(0);
  });

  it("takes an answer of any output limit without a stream", async () => {
    playing(scenarioOf());
    expect((await model.complete({ ...request, maxOutputTokens: 128_000 }, send())).finishReason).toBe("stop");
  });

  it("reports an error of a fetch of one's own as it is", async () => {
    const refusal = new TenantryError("overloaded", "not now");
    const guarded = createAnthropicChatModel({ apiKey, fetch: () => Promise.reject(refusal) });
    expect(await thrown(guarded.complete(request, send()))).toBe(refusal);
  });

  it("names the system's code when it is refused", async () => {
    await server.close();
    const error = await thrown(model.complete(request, send()));
    expect(error.message).toBe("anthropic could not be reached (ECONNREFUSED)");
    server = await openWireServer();
  });
});

describe("one connection", () => {
  let server: Server;
  let sockets = 0;
  let answered: Promise<void>;
  let model: ChatModel;
  beforeEach(async () => {
    sockets = 0;
    const body = anthropicWireDialect
      .events(scenarioOf().answer)
      .map(({ event, data }) => `event: ${event ?? ""}\ndata: ${data}\n\n`)
      .join("");
    server = createServer((incoming, response) => {
      answered = new Promise((resolve) => response.once("close", resolve));
      incoming.resume().once("end", () => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        // The end of the body comes after the terminal event, as from a proxy.
        response.write(body, () => setImmediate(() => setImmediate(() => response.end())));
      });
    }).on("connection", () => (sockets += 1));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    model = createAnthropicChatModel({ apiKey, baseUrl: `http://127.0.0.1:${port}` });
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it("serves many streams, one after the other", async () => {
    const streams = 10;
    for (let count = 0; count < streams; count += 1) {
      const events = await readAll(await model.stream(request, send()));
      expect(events.at(-1)?.type).toBe("end");
      await answered;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sockets).toBeLessThan(streams / 2);
  });
});
