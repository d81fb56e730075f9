import { TenantryError, type Reading, type RelayRequest } from "@tenantry/core";
import { openWireServer, type WireServer } from "@tenantry/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAnthropicRelay } from "../src/index.ts";

const apiKey = "sk-ant-test-0123456789abcdefghij";
const options = {
  model: "claude-haiku-4-5",
  attemptId: "att-1",
  tenantId: "tenant-1",
  store: false,
  maxOutputTokens: 64,
  signal: new AbortController().signal,
};

let server: WireServer;
beforeEach(async () => {
  server = await openWireServer();
});
afterEach(async () => await server.close());

const requestOf = (operation: string, body: unknown, headers: RelayRequest["headers"] = {}): RelayRequest => ({
  operation,
  headers,
  body: typeof body === "string" ? body : JSON.stringify(body),
});

const relay = (some: Partial<Parameters<typeof createAnthropicRelay>[0]> = {}) =>
  createAnthropicRelay({ apiKey, baseUrl: server.origin, ...some });

function playJson(body: unknown): void {
  const head = { type: "head", status: 200, headers: { "content-type": "application/json" } } as const;
  server.play(() => [head, { type: "bytes", bytes: JSON.stringify(body) }]);
}

async function open(request: RelayRequest): Promise<{ text: string; reading: Reading }> {
  const { events, reading } = await relay().open(request, options);
  let text = "";
  for (let next = await events.next(); next.done !== true; next = await events.next()) {
    if (next.value.type === "bytes") text += Buffer.from(next.value.bytes).toString("utf8");
  }
  return { text, reading };
}

function refusedAt(operation: string, body: unknown): string | undefined {
  try {
    relay().read(requestOf(operation, body));
    return undefined;
  } catch (error) {
    expect(TenantryError.is(error) && error.code).toBe("invalid_request");
    return (error as TenantryError).issues[0]?.path;
  }
}

const messages = (content: unknown, some: object = {}) => ({
  max_tokens: 32,
  messages: [{ role: "user", content }],
  ...some,
});
const sizeOf = (body: unknown) => relay().read(requestOf("messages", body)).size;

describe("counting tokens", () => {
  it("is sent without an output limit, and costs and holds nothing", async () => {
    playJson({ input_tokens: 14 });
    const { max_tokens: _none, ...body } = messages("x", { model: "default" });
    const request = requestOf("count-tokens", body);
    expect(relay().read(request).size).toMatchObject({ inputTokens: 0, maxOutputTokens: 0, unbounded: null });
    const { text, reading } = await open(request);
    expect(text).toBe('{"input_tokens":14}');
    expect(reading.usage?.tokens).toMatchObject({ input: 0, output: 0 });
    expect(server.requests[0]).toMatchObject({
      path: "/v1/messages/count_tokens",
      body: { ...body, model: options.model },
    });
  });

  it("that gets something else is malformed", async () => {
    playJson({ tokens: 14 });
    const failure = await open(requestOf("count-tokens", messages("x"))).catch((thrown: unknown) => thrown);
    expect(TenantryError.is(failure) && failure.upstream?.kind).toBe("malformed");
  });
});

describe("messages", () => {
  it("are sent in the version the caller names, or in the first one", async () => {
    playJson({ input_tokens: 14 });
    await open(requestOf("count-tokens", messages("x")));
    await open(
      requestOf("count-tokens", messages("x"), { "anthropic-version": "2031-01-01", "anthropic-beta": "a,b" }),
    );
    expect(server.requests.map(({ headers }) => [headers["anthropic-version"], headers["anthropic-beta"]])).toEqual([
      ["2023-06-01", undefined],
      ["2031-01-01", "a,b"],
    ]);
  });

  it("that mark something for the cache can be billed as cache writes", () => {
    const marked = messages([{ type: "text", text: "x", cache_control: { type: "ephemeral" } }]);
    expect(sizeOf(messages("x")).inputClasses).toEqual(["input", "cacheRead"]);
    for (const body of [marked, messages("x", { cache_control: { type: "ephemeral" } })]) {
      expect(sizeOf(body)).toMatchObject({
        inputClasses: ["input", "cacheRead", "cacheWrite5m", "cacheWrite1h"],
        unbounded: null,
      });
    }
  });

  it("with pictures have no bound, and a picture is no text", () => {
    const source = { type: "base64", media_type: "image/png", data: "QUJD".repeat(10_000) };
    const { unbounded, inputTokens, text } = sizeOf(
      messages([
        { type: "image", source },
        { type: "text", text: "What?" },
      ]),
    );
    expect(unbounded).toMatch(/images/);
    expect(inputTokens).toBeLessThan(1000);
    expect(text()).toContain("What?");
    expect(text()).not.toContain("QUJD");
  });

  it("count what a tool was called with as the text it is", () => {
    const input = {
      type: "base64",
      data: "not a picture at all",
      image: { source: { type: "base64", data: "nor this" } },
    };
    const { unbounded, text } = sizeOf(messages([{ type: "tool_use", id: "t", name: "look", input }]));
    expect(unbounded).toBeNull();
    expect(text()).toContain("not a picture at all");
    expect(text()).toContain("nor this");
  });

  it.each([
    [
      messages([{ type: "document", source: { type: "file", file_id: "file_1" } }]),
      "messages[0].content[0].source.file_id",
    ],
    [messages([{ type: "container_upload", file_id: "file_1" }]), "messages[0].content[0].file_id"],
    [messages("x", { container: "cont_1" }), "container"],
    [messages("x", { container: { id: "cont_1" } }), "container.id"],
    [messages("x", { container: { container_id: "cont_1" } }), "container.container_id"],
    [
      messages("x", { container: { skills: [{ type: "custom", skill_id: "skill_1" }] } }),
      "container.skills[0].skill_id",
    ],
    [
      messages("x", { container: { skills: [{ type: "anthropic", skill_id: "skill_1" }] } }),
      "container.skills[0].skill_id",
    ],
    [messages("x", { container: { skills: [{ skill_id: "pptx" }] } }), "container.skills[0].skill_id"],
    [
      messages([{ type: "tool_use", id: "t", name: "n", input: {}, source: { type: "file", file_id: "file_1" } }]),
      "messages[0].content[0].source.file_id",
    ],
    [
      messages([{ type: "image", source: [{ type: "file", file_id: "file_1" }] }]),
      "messages[0].content[0].source[0].file_id",
    ],
    [
      messages([{ type: "text", text: "x", cache_control: { type: "ephemeral", source: { file_id: "file_1" } } }]),
      "messages[0].content[0].cache_control.source.file_id",
    ],
    [messages("x", { tools: [{ type: "code_execution_20250825", container_id: "c" }] }), "tools[0].container_id"],
    [messages("x", { agent_id: "agent_1" }), "agent_id"],
    [messages("x", { file_ids: ["file_1"] }), "file_ids"],
    [
      messages([{ type: "image", source: { type: "url", url: "sediment://file_1" } }]),
      "messages[0].content[0].source.url",
    ],
    [messages("x", { metadata: { user_id: "u", account_uuid: "a" } }), "metadata.account_uuid"],
    [messages("x", { metadata: "u" }), "metadata"],
    [messages("x", { thread: { type: "create" } }), "thread"],
    [messages("x", { thread: { type: "continue", previous_message_id: "msg_1" } }), "thread.previous_message_id"],
    [messages("x", { diagnostics: { previous_message_id: "msg_1" } }), "diagnostics.previous_message_id"],
    [messages("x", { billing_policy: { type: "billing_policy", bill_to: "user_profile" } }), "billing_policy.bill_to"],
    [messages("x", { user_profile_id: "prof_1" }), "user_profile_id"],
    [messages("x", { workspace_id: "wrkspc_1" }), "workspace_id"],
    [messages("x", { fallbacks: [{ model: "claude-opus-4-8" }] }), "fallbacks"],
  ])("that name an object of the account are refused", (body, path) => {
    expect(refusedAt("messages", body)).toBe(path);
  });

  it("that say who the caller's end user is, or who may be asked for tools, go as they are", async () => {
    playJson({ type: "message", id: "msg_1", model: "m", content: [], usage: {} });
    const mcp_servers = [
      { type: "url", name: "theirs", url: "https://mcp.example.com", authorization_token: "token-of-the-caller" },
    ];
    const body = messages([{ type: "image", source: { type: "url", url: "https://example.com/a.png" } }], {
      metadata: { user_id: "user-7" },
      mcp_servers,
      diagnostics: { previous_message_id: null },
      billing_policy: { type: "billing_policy", bill_to: "self" },
    });
    await open(requestOf("messages", body));
    expect(server.requests[0]?.body).toEqual({ ...body, model: "claude-haiku-4-5" });
  });

  it("that say something twice within are refused: a parser may obey the first", () => {
    const image = '{"type":"image","source":{"type":"file","file_id":"f"},"source":{"type":"url","url":"http://x/y"}}';
    expect(refusedAt("messages", `{"messages":[{"role":"user","content":[${image}]}]}`)).toBe("messages");
  });

  it("may use the vendor's own skills, and call arguments as objects of an account are called", () => {
    const skills = [{ type: "anthropic", skill_id: "pptx", version: "latest" }];
    const input_schema = { type: "object", properties: { file_id: {} } };
    const content = [{ type: "tool_use", id: "t", name: "n", input: { file_id: "mine" } }];
    const tools = [{ name: "n", input_schema, input_examples: [{ file_id: "x" }] }];
    const body = messages(content, { container: { skills }, tools, metadata: { user_id: "u" } });
    expect(refusedAt("messages", body)).toBeUndefined();
  });

  it("count every call of a tool and every result, with its frame (R3)", () => {
    const use = { type: "tool_use", id: "t", name: "n", input: {} };
    const result = { type: "tool_result", tool_use_id: "t", is_error: false, content: [{ type: "text", text: "r" }] };
    for (const block of [use, result]) {
      const sized = (count: number) => sizeOf(messages(Array.from({ length: count }, () => block)));
      const [one, many] = [sized(1), sized(2001)];
      expect(many.overheadTokens - one.overheadTokens).toBe(2000 * 16);
      const { content: _content, ...frame } = { content: null, ...block };
      expect(many.text().length - one.text().length).toBeGreaterThanOrEqual(2000 * JSON.stringify(frame).length);
      expect(many.unbounded).toBeNull();
    }
    const shown = { ...result, content: [{ type: "image", source: { type: "base64", data: "QUJD" } }] };
    expect(sizeOf(messages([shown])).text()).not.toContain("QUJD");
  });

  it.each([
    ["a container", { container: { id: "container_1", expires_at: "x" } }, {}, { codeExecution: 1 }],
    ["a count", {}, { server_tool_use: { code_execution_requests: 3 } }, { codeExecution: 3 }],
    [
      "both",
      { container: { id: "container_1" } },
      { server_tool_use: { code_execution_requests: 3 } },
      { codeExecution: 3 },
    ],
    ["neither", { container: null }, { server_tool_use: null }, {}],
  ])("that ran code cost a fee beside tokens, streamed or not: %s", async (_name, some, counts, fees) => {
    const usage = { input_tokens: 9, output_tokens: 3, ...counts };
    const message = { id: "msg_1", type: "message", role: "assistant", model: "claude-haiku-4-5", content: [] };
    playJson({ ...message, stop_reason: "end_turn", usage, ...some });
    expect((await open(requestOf("messages", messages("x")))).reading.usage?.fees).toEqual(fees);
    const head = { type: "head", status: 200, headers: { "content-type": "text/event-stream" } } as const;
    for (const [atStart, atEnd] of [
      [some, {}],
      [{ container: null }, some],
    ]) {
      const events = [
        { type: "message_start", message: { ...message, usage: { input_tokens: 9, output_tokens: 1 }, ...atStart } },
        { type: "message_delta", delta: { stop_reason: "end_turn", ...atEnd }, usage },
        { type: "message_stop" },
      ].map((data) => `data: ${JSON.stringify(data)}\n\n`);
      server.play(() => [head, ...events.map((bytes) => ({ type: "bytes", bytes }) as const)]);
      const { reading } = await open(requestOf("messages", messages("x", { stream: true })));
      expect(reading.usage?.fees).toEqual(fees);
    }
  });

  it("with tools the provider runs have no bound; those that run at the caller's add their instructions", () => {
    expect(sizeOf(messages("x", { tools: [{ type: "web_search_20250305", name: "web_search" }] })).unbounded).toMatch(
      /web_search/,
    );
    const plain = sizeOf(messages("x", { tools: [{ name: "f", input_schema: {} }] }));
    const bash = sizeOf(messages("x", { tools: [{ type: "bash_20250124", name: "bash" }] }));
    expect([plain.unbounded, bash.unbounded]).toEqual([null, null]);
    expect(bash.overheadTokens - plain.overheadTokens).toBe(2048);
  });

  it.each(["speed", "inference_geo", "service_tier", "mcp_servers", "of_tomorrow"])("with %s have no bound", (name) => {
    expect(sizeOf(messages("x", { [name]: "other" })).unbounded).not.toBeNull();
  });

  it("tell whose they are", () => {
    const body = messages("x", { metadata: { user_id: "user-7" } });
    expect(relay().read(requestOf("messages", body)).userId).toBe("user-7");
  });

  it("pass through when events carry no name", async () => {
    const events = [
      {
        type: "message_start",
        message: { id: "msg_1", model: "claude-haiku-4-5", usage: { input_tokens: 9, output_tokens: 1 } },
      },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Zoë" } },
      { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 3 } },
      { type: "message_stop" },
    ].map((data) => `data: ${JSON.stringify(data)}\n\n`);
    const head = { type: "head", status: 200, headers: { "content-type": "text/event-stream" } } as const;
    server.play(() => [head, ...events.map((bytes) => ({ type: "bytes", bytes }) as const)]);
    const { text, reading } = await open(requestOf("messages", messages("x", { stream: true })));
    expect(text).toBe(events.join(""));
    expect(reading).toMatchObject({ responseId: "msg_1", finishReason: "stop", ended: true });
    expect([reading.written(), reading.usage?.tokens.input, reading.usage?.tokens.output]).toEqual(["Zoë", 9, 3]);
  });
});

describe("the relay", () => {
  it("knows no other operation", () => {
    expect(refusedAt("batches", {})).toBe("operation");
  });

  it("names every option it cannot use", () => {
    expect(() => createAnthropicRelay({ apiKey: "", maxConnections: 1.5 })).toThrow(/apiKey[^]*maxConnections/);
  });
});
