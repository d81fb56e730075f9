import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { TenantryError, type Reading, type RelayRequest } from "@tenantry/core";
import { openWireServer, type WireServer } from "@tenantry/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createOpenAIRelay } from "../src/index.ts";

const apiKey = "sk-test-0123456789abcdefghij";
const whose = { attemptId: "att-1", tenantId: "tenant-1", store: false };
const options = { model: "gpt-4o-mini", maxOutputTokens: 64, signal: new AbortController().signal, ...whose };

let server: WireServer;
beforeEach(async () => {
  server = await openWireServer();
});
afterEach(async () => await server.close());

const requestOf = (operation: string, body: unknown): RelayRequest => ({
  operation,
  headers: {},
  body: typeof body === "string" ? body : JSON.stringify(body),
});

const relay = (some: Partial<Parameters<typeof createOpenAIRelay>[0]> = {}) =>
  createOpenAIRelay({ apiKey, baseUrl: `${server.origin}/v1`, ...some });

function playJson(body: unknown, status = 200): void {
  const text = JSON.stringify(body);
  server.play(() => [
    { type: "head", status, headers: { "content-type": "application/json" } },
    { type: "bytes", bytes: text },
  ]);
}

function playEvents(...events: readonly string[]): void {
  server.play(() => [
    { type: "head", status: 200, headers: { "content-type": "text/event-stream" } },
    ...events.map((bytes) => ({ type: "bytes", bytes }) as const),
  ]);
}

async function open(request: RelayRequest): Promise<{ text: string; last: string; reading: Reading }> {
  const { events, reading } = await relay().open(request, options);
  let text = "";
  let last = "";
  for (let next = await events.next(); next.done !== true; next = await events.next()) {
    if (next.value.type === "head") continue;
    const piece = Buffer.from(next.value.bytes).toString("utf8");
    text += piece;
    if (reading.ended) last += piece;
  }
  return { text, last, reading };
}

const sent = (): Record<string, unknown> => server.requests.at(-1)?.body as Record<string, unknown>;

function refusedAt(operation: string, body: unknown): string | undefined {
  try {
    relay().read(requestOf(operation, body));
    return undefined;
  } catch (error) {
    expect(TenantryError.is(error) && error.code).toBe("invalid_request");
    return (error as TenantryError).issues[0]?.path;
  }
}

const sizeOf = (operation: string, body: unknown) => relay().read(requestOf(operation, body)).size;

const answered = {
  id: "resp_1",
  object: "response",
  status: "completed",
  model: "gpt-5.5-2026-04-23",
  output: [
    { type: "web_search_call", id: "ws_1", status: "completed" },
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "The budget." }] },
  ],
  usage: {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 80 },
    output_tokens: 20,
    output_tokens_details: { reasoning_tokens: 5 },
    total_tokens: 120,
  },
};
const event = (data: Record<string, unknown>): string =>
  `event: ${String(data["type"])}\ndata: ${JSON.stringify(data)}\n\n`;
const { output: _output, usage: _usage, ...begun } = answered;
const created = event({
  type: "response.created",
  response: { ...begun, status: "in_progress", output: [], usage: null },
});
const delta = event({ type: "response.output_text.delta", delta: "The budget." });

describe("responses", () => {
  it("are read with their usage, the fees of what the provider ran, and what was written", async () => {
    playJson(answered);
    const { reading } = await open(requestOf("responses", { model: "gpt-4o-mini", input: "What?" }));
    expect(reading).toMatchObject({ responseId: "resp_1", model: "gpt-5.5-2026-04-23", finishReason: "stop" });
    expect(reading.usage?.tokens).toMatchObject({ input: 20, cacheRead: 80, output: 15, reasoning: 5 });
    expect(reading.usage?.fees).toEqual({ webSearch: 1 });
    expect(reading.written()).toBe("The budget.");
    expect(sent()).toEqual({ model: "gpt-4o-mini", input: "What?", max_output_tokens: 64, store: false });
  });

  it("are complete with response.completed, and a mark behind it is given on as well", async () => {
    const completed = event({ type: "response.completed", response: answered });
    playEvents(created, delta, completed, "data: [DONE]\n\n");
    const { text, last, reading } = await open(requestOf("responses", { input: "What?", stream: true }));
    expect(text).toBe(`${created}${delta}${completed}data: [DONE]\n\n`);
    expect(last).toBe(`${completed}data: [DONE]\n\n`);
    expect(reading.usage?.tokens).toMatchObject({ input: 20, cacheRead: 80 });
    expect(reading.written()).toBe("The budget.");
  });

  it("that stop at the output limit are whole", async () => {
    const stopped = { ...answered, status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
    playEvents(created, delta, event({ type: "response.incomplete", response: stopped }));
    expect((await open(requestOf("responses", { input: "What?", stream: true }))).reading.finishReason).toBe("length");
  });

  it("that fail in the stream are failures, with what they used", async () => {
    const error = { code: "server_error", message: "broken" };
    playEvents(created, event({ type: "response.failed", response: { ...answered, status: "failed", error } }));
    const failure = await open(requestOf("responses", { input: "What?", stream: true })).catch(
      (thrown: unknown) => thrown,
    );
    expect(TenantryError.is(failure) && failure.upstream).toMatchObject({
      kind: "server-error",
      providerCode: "server_error",
    });
    expect(TenantryError.is(failure) && failure.upstream?.usage?.tokens.cacheRead).toBe(80);
  });

  it.each([
    ["previous_response_id", "resp_of_somebody", "previous_response_id"],
    ["conversation", "conv_1", "conversation"],
    ["models", ["gpt-5-pro"], "models"],
    ["prompt", { id: "pmpt_1" }, "prompt"],
    ["background", true, "background"],
    ["input", [{ type: "item_reference", id: "msg_1" }], "input[0]"],
    ["input", [{ role: "user", content: [{ type: "input_file", file_id: "file-1" }] }], "input[0].content[0].file_id"],
    ["tools", [{ type: "file_search", vector_store_ids: ["vs_1"] }], "tools[0].vector_store_ids"],
    ["tools", [{ type: "code_interpreter", container: "cntr_1" }], "tools[0].container"],
    ["tools", [{ type: "code_interpreter", container: { type: "auto", id: "cntr_1" } }], "tools[0].container.id"],
    [
      "tools",
      [{ type: "shell", environment: { type: "container_reference", container_id: "cntr_1" } }],
      "tools[0].environment.container_id",
    ],
    [
      "tools",
      [{ type: "shell", environment: { type: "container_auto", file_ids: ["file-1"] } }],
      "tools[0].environment.file_ids",
    ],
    [
      "tools",
      [{ type: "shell", environment: { skills: [{ type: "skill_reference", skill_id: "skill_1" }] } }],
      "tools[0].environment.skills[0].skill_id",
    ],
    [
      "tools",
      [{ type: "code_interpreter", container: { type: "auto", skills: [{ skill_id: "skill_1" }] } }],
      "tools[0].container.skills[0].skill_id",
    ],
    [
      "tools",
      [{ type: "namespace", name: "n", tools: [{ type: "file_search", vector_store_ids: ["vs_1"] }] }],
      "tools[0].tools[0].vector_store_ids",
    ],
    [
      "tools",
      [{ type: "namespace", name: "n", tools: [{ type: "code_interpreter", container: "cntr_1" }] }],
      "tools[0].tools[0].container",
    ],
    [
      "tools",
      [{ type: "file_search", parameters: { vector_store_ids: ["vs_1"] } }],
      "tools[0].parameters.vector_store_ids",
    ],
    ["tools", [{ type: "mcp", connector_id: "connector_1" }], "tools[0].connector_id"],
    ["tools", [{ type: "image_generation", input_image_mask: { file_id: "f" } }], "tools[0].input_image_mask.file_id"],
    ["input", [{ type: "image_generation_call", id: "ig_1" }], "input[0].id"],
    ["input", [{ type: "reasoning", id: "rs_1", summary: [] }], "input[0].id"],
    [
      "input",
      [
        { role: "user", content: "x" },
        { type: "file_search_call", id: "fs_1", queries: ["x"] },
      ],
      "input[1].id",
    ],
    ["input", [{ type: "compaction", id: "cmp_1" }], "input[0].id"],
    ["input", [{ type: "message", id: "msg_1", role: "assistant" }], "input[0].id"],
    ["input", [{ id: "msg_1", role: "assistant", content: [] }], "input[0].id"],
    ["input", [{ type: "item_of_tomorrow", id: "it_1", content: "x" }], "input[0].id"],
    [
      "input",
      [{ type: "mcp_approval_response", approval_request_id: "mcpr_1", approve: true }],
      "input[0].approval_request_id",
    ],
    ["tools", [{ type: "mcp", server_label: "s", tunnel_id: "tunnel_1" }], "tools[0].tunnel_id"],
    [
      "prompt_cache_options",
      { mode: "implicit", comparison_response_id: "resp_1" },
      "prompt_cache_options.comparison_response_id",
    ],
    [
      "input",
      [{ role: "user", content: [{ type: "input_image", image_url: "sediment://file_1" }] }],
      "input[0].content[0].image_url",
    ],
    [
      "input",
      [{ role: "user", content: [{ type: "input_file", file_url: "file-service://file-1" }] }],
      "input[0].content[0].file_url",
    ],
    [
      "input",
      [{ type: "computer_call_output", call_id: "c", output: { type: "computer_screenshot", image_url: "file-1" } }],
      "input[0].output.image_url",
    ],
    ["thread_id", "thread_1", "thread_id"],
    ["tool_resources", { file_search: {} }, "tool_resources"],
  ])("with %s of an account that all tenants share are refused", (name, value, path) => {
    expect(refusedAt("responses", { input: "What?", [name]: value })).toBe(path);
  });

  it("with items that hold what they are may give their ids", () => {
    const input = [
      { type: "message", id: "msg_1", role: "assistant", content: [{ type: "output_text", text: "x" }] },
      { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAA" },
      { type: "function_call", id: "fc_1", call_id: "c", name: "f", arguments: "" },
      { type: "function_call_output", id: "fco_1", call_id: "c", output: "x" },
      { type: "image_generation_call", id: "ig_1", result: "QUJD" },
      { type: "compaction", id: "cmp_1", encrypted_content: "gAAA" },
      { type: "web_search_call", id: "ws_1", action: { type: "search", query: "x" } },
    ];
    expect(refusedAt("responses", { input })).toBeUndefined();
  });

  it("may describe functions whose arguments are called as objects of an account are", () => {
    const parameters = { type: "object", properties: { file_id: { type: "string" }, vector_store_ids: {} } };
    const tools = [
      { type: "function", name: "f", parameters },
      { type: "namespace", name: "n", tools: [{ type: "function", name: "g", parameters }] },
      { type: "computer_use_preview", environment: "browser" },
    ];
    const text = { format: { type: "json_schema", name: "s", schema: parameters } };
    expect(refusedAt("responses", { input: "x", tools, text, metadata: { file_id: "of mine" } })).toBeUndefined();
    expect(
      refusedAt("chat-completions", {
        messages: [],
        tools: [{ type: "function", function: { name: "f", parameters } }],
      }),
    ).toBeUndefined();
  });

  it("that say something twice are refused wherever they do: a parser may obey the first", () => {
    const item = '{"type":"item_reference","type":"message","id":"msg_1","role":"user","content":"x"}';
    expect(refusedAt("responses", `{"input":[${item}]}`)).toBe("input");
    const file = '{"type":"input_file","file_id":"file-1","file_id":null}';
    expect(refusedAt("responses", `{"input":[{"role":"user","content":[${file}]}]}`)).toBe("input");
  });

  it.each([
    ["shell_call", {}, { shell: 2 }],
    ["shell_call", { environment: { type: "local" } }, {}],
    ["code_interpreter_call", {}, { codeInterpreter: 2 }],
    ["call_of_tomorrow_call", {}, { call_of_tomorrow_call: 2 }],
    ["function_call", {}, {}],
    ["mcp_call", {}, {}],
  ])("with %s %j cost these fees beside tokens", async (type, some, fees) => {
    playJson({
      ...answered,
      output: [
        { type, id: "1", ...some },
        { type, id: "2", ...some },
      ],
    });
    const { reading } = await open(requestOf("responses", { input: "x" }));
    expect(reading.usage?.fees).toEqual(fees);
    expect(reading.usage?.tokens.input).toBe(20);
  });

  it("count calls of tools with the frame the provider puts before the model (R3)", () => {
    const call = { type: "function_call", call_id: "c", name: "f", arguments: "{}" };
    const sized = (count: number) => sizeOf("responses", { input: Array.from({ length: count }, () => call) });
    const [one, many] = [sized(1), sized(2001)];
    expect(many.overheadTokens - one.overheadTokens).toBe(2000 * 16);
    expect(many.text().length - one.text().length).toBeGreaterThanOrEqual(2000 * JSON.stringify(call).length);
    expect(many.unbounded).toBeNull();
  });

  it("with pictures or hosted tools have no bound, and a picture is no text", () => {
    const picture = `data:image/png;base64,${"QUJD".repeat(10_000)}`;
    const size = sizeOf("responses", {
      input: [{ role: "user", content: [{ type: "input_image", image_url: picture }] }],
    });
    expect(size.unbounded).toMatch(/images/);
    expect(size.inputTokens).toBeLessThan(1000);
    expect(size.text()).not.toContain("QUJD");
    expect(sizeOf("responses", { input: "x", tools: [{ type: "web_search" }] }).unbounded).toMatch(/web_search/);
    expect(sizeOf("responses", { input: "x", tools: [{ type: "function", name: "f" }] }).unbounded).toBeNull();
  });
});

describe("embeddings", () => {
  it("are sent as they are but for the model, and cost input alone", async () => {
    playJson({
      object: "list",
      model: "text-embedding-3-small",
      data: [],
      usage: { prompt_tokens: 7, total_tokens: 7 },
    });
    const body = { model: "default", input: ["a", "b"], dimensions: 256 };
    const request = requestOf("embeddings", body);
    expect(relay().read(request)).toMatchObject({
      streamed: false,
      size: { maxOutputTokens: 0, choices: 1, unbounded: null },
    });
    const { reading } = await open(request);
    expect(sent()).toEqual({ ...body, model: "gpt-4o-mini" });
    expect(reading.usage?.tokens).toMatchObject({ input: 7, output: 0 });
    expect(reading.model).toBe("text-embedding-3-small");
  });
});

describe("chat completions", () => {
  const chat = (content: unknown, some: object = {}) => ({ messages: [{ role: "user", content }], ...some });

  it("hold for every answer asked for", () => {
    expect(sizeOf("chat-completions", chat("x", { n: 3 })).choices).toBe(3);
    expect(refusedAt("chat-completions", chat("x", { n: 1e12 }))).toBe("n");
  });

  it("take the lower of both output limits, and change both", async () => {
    playJson({ error: { message: "no" } }, 400);
    const body = chat("x", { max_tokens: 100, max_completion_tokens: 50 });
    expect(sizeOf("chat-completions", body).maxOutputTokens).toBe(50);
    await expect(open(requestOf("chat-completions", body))).rejects.toThrow("400");
    expect(sent()).toMatchObject({ max_tokens: 64, max_completion_tokens: 50 });
  });

  it.each([
    ["a picture", [{ type: "image_url", image_url: { url: "https://example.com/a.png" } }]],
    ["a picture that calls itself text", [{ type: "text", image_url: { url: "https://example.com/a.png" } }]],
    ["a file", [{ type: "file", file: { file_data: "data:application/pdf;base64,QUJD" } }]],
    ["sound", [{ type: "input_audio", input_audio: { data: "QUJD", format: "wav" } }]],
  ])("with %s have no bound, and none of it counts as text", (_name, content) => {
    const { unbounded, text } = sizeOf("chat-completions", chat(content));
    expect(unbounded).not.toBeNull();
    expect(text()).not.toMatch(/example|QUJD/);
  });

  it("with a picture hidden by escapes have no bound", () => {
    const body =
      '{"messages":[{"role":"user","content":[{"\\u0074ype":"\\u0069mage_url","\\u0069mage_url":{"url":"https://a"}}]}]}';
    expect(sizeOf("chat-completions", body).unbounded).toMatch(/images/);
  });

  it("that only write about pictures have a bound", () => {
    const text = 'Send {"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}} and a file_id';
    const size = sizeOf("chat-completions", chat(text));
    expect(size.unbounded).toBeNull();
    expect(size.text()).toContain(text);
  });

  it("count every call of a tool, with its frame (R3)", () => {
    const call = { id: "c", type: "function", function: { name: "f", arguments: "{}" } };
    const sized = (count: number) => {
      const said = { role: "assistant", content: "y", tool_calls: Array.from({ length: count }, () => call) };
      return sizeOf("chat-completions", { messages: [said] });
    };
    const [one, many] = [sized(1), sized(2001)];
    expect(many.overheadTokens - one.overheadTokens).toBe(2000 * 16);
    expect(many.text().length - one.text().length).toBeGreaterThanOrEqual(2000 * JSON.stringify(call).length);
    expect(many.unbounded).toBeNull();
    const former = { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } };
    const size = sizeOf("chat-completions", { messages: [former] });
    expect(size.overheadTokens).toBe(one.overheadTokens);
    expect(size.text()).toContain(JSON.stringify(former.function_call));
  });

  it("with a voice that somebody has made are refused", () => {
    expect(refusedAt("chat-completions", chat("x", { audio: { voice: { id: "voice_1" } } }))).toBe("audio.voice");
    expect(refusedAt("chat-completions", chat("x", { audio: { voice: "alloy" } }))).toBeUndefined();
  });

  it("that say something twice within are refused: a parser may obey the first", () => {
    const file = '{"type":"file","file":{"file_id":"file-1","file_id":null}}';
    expect(refusedAt("chat-completions", `{"messages":[{"role":"user","content":[${file}]}]}`)).toBe("messages");
    const said = '{"role":"assistant","audio":{"id":"audio_1"},"audio":null}';
    expect(refusedAt("chat-completions", `{"messages":[${said}]}`)).toBe("messages");
  });

  it.each(["prompt_id", "thread_id", "assistant_id", "file_ids", "vector_store_ids", "tool_resources"])(
    "with the unknown field %s are refused",
    (name) => {
      expect(refusedAt("chat-completions", chat("x", { [name]: ["x"] }))).toBe(name);
    },
  );

  it.each([
    [[{ type: "file", file: { file_id: "file-1" } }], "messages[0].content[0].file.file_id"],
    [
      [{ type: "image_url", image_url: { url: "data:image/png;base64,AA", file_id: "file-1" } }],
      "messages[0].content[0].image_url.file_id",
    ],
    ["x", undefined],
  ])("that name a file of the account are refused", (content, path) => {
    expect(refusedAt("chat-completions", chat(content))).toBe(path);
  });

  it("whose tools run at the provider have no bound", () => {
    expect(sizeOf("chat-completions", chat("x", { tools: [{ type: "mystery" }] })).unbounded).toMatch(/mystery/);
    expect(sizeOf("chat-completions", chat("x", { web_search_options: {} })).unbounded).toMatch(/searches/);
    expect(sizeOf("chat-completions", chat("x", { service_tier: "priority" })).unbounded).toMatch(/tiers/);
  });

  const chunk = (rest: string): string => `data: {"id":"c","model":"m",${rest}}\n\n`;
  it.each([
    ["at the end", chunk('"choices":[{"index":0}],"usage":null'), chunk('"choices":[{"index":0}]')],
    [
      "before other members",
      chunk('"choices":[{}], "usage" : null ,"obfuscation":"x}"'),
      chunk('"choices":[{}] ,"obfuscation":"x}"'),
    ],
    ["before a list", chunk('"usage":null,"choices":[{}]'), chunk('"choices":[{}]')],
    ["inside a choice", chunk('"choices":[{"usage":null}]'), chunk('"choices":[{"usage":null}]')],
    [
      "inside a choice at its end",
      chunk('"choices":[{"a":{"b":1,"usage":null}}]'),
      chunk('"choices":[{"a":{"b":1,"usage":null}}]'),
    ],
    [
      "as text",
      chunk('"choices":[{"delta":{"content":",\\"usage\\":null}"}}]'),
      chunk('"choices":[{"delta":{"content":",\\"usage\\":null}"}}]'),
    ],
    [
      "told with content",
      chunk('"choices":[{}],"usage":{"prompt_tokens":1}'),
      chunk('"choices":[{}],"usage":{"prompt_tokens":1}'),
    ],
    ["told alone", chunk('"choices":[ ],"usage":{"prompt_tokens":1}'), ""],
  ])("lose what we asked for and nothing else: usage %s", async (_where, event, expected) => {
    const first = chunk('"choices":[{"index":0,"delta":{"content":"é"},"finish_reason":"stop"}]');
    playEvents(first, event, "data: [DONE]\n\n");
    const { text } = await open(requestOf("chat-completions", chat("x", { stream: true })));
    expect(text).toBe(`${first}${expected}data: [DONE]\n\n`);
    const asked = chat("x", { stream: true, stream_options: { include_usage: true } });
    expect((await open(requestOf("chat-completions", asked))).text).toBe(`${first}${event}data: [DONE]\n\n`);
  });

  it("keep the other options of a stream", async () => {
    playEvents(chunk('"choices":[]'), "data: [DONE]\n\n");
    const stream_options = { include_obfuscation: false, include_usage: false };
    await open(requestOf("chat-completions", chat("x", { stream: true, stream_options })));
    expect(sent()["stream_options"]).toEqual({ include_obfuscation: false, include_usage: true });
  });
});

describe("what means something in the account all tenants share", () => {
  const names = { prompt_cache_key: "support", safety_identifier: "user-7" };
  const opened = async (operation: string, body: object, some: object = {}): Promise<Record<string, unknown>> => {
    playJson(answered);
    const { events } = await relay().open(requestOf(operation, { input: "x", ...body }), { ...options, ...some });
    while ((await events.next()).done !== true);
    return sent();
  };

  it("is a digest of tenant and name, the same on both routes, and no longer than the vendor takes", async () => {
    const mine = await opened("responses", names);
    for (const name of ["prompt_cache_key", "safety_identifier"]) expect(mine[name]).toMatch(/^[\w-]{43}$/);
    expect(mine["prompt_cache_key"]).not.toBe(mine["safety_identifier"]);
    expect(JSON.stringify(mine)).not.toMatch(/support|user-7|tenant-1/);
    expect(await opened("responses", names)).toEqual(mine);
    const theirs = await opened("responses", names, { tenantId: "tenant-2" });
    expect(theirs["prompt_cache_key"]).not.toBe(mine["prompt_cache_key"]);
    server.play(() => [
      { type: "head", status: 200, headers: { "content-type": "application/json" } },
      { type: "bytes", bytes: JSON.stringify({ id: "c", model: "m", choices: [{ index: 0, message: {} }] }) },
    ]);
    await relay().open(requestOf("chat-completions", { messages: [], ...names }), options);
    expect(sent()).toMatchObject({ prompt_cache_key: mine["prompt_cache_key"] });
  });

  it("changes no other character, and `user` stays the caller's own", async () => {
    const body = '{"input" : "x","prompt_cache_key":\t"support", "user":"user-7" ,"max_output_tokens":9,"store":false}';
    playJson(answered);
    await relay().open(requestOf("responses", body), { ...options, model: "m", store: true });
    const text = server.requests[0]?.text ?? "";
    const digest = /"prompt_cache_key":\t"([^"]*)"/.exec(text)?.[1] ?? "";
    expect(text).toBe(body.replace('"support"', `"${digest}"`).replace('"store":false}', '"store":false,"model":"m"}'));
  });

  it.each(["prompt_cache_key", "safety_identifier"])("is refused where %s is no text", (name) => {
    for (const operation of ["chat-completions", "responses"]) expect(refusedAt(operation, { [name]: 7 })).toBe(name);
    expect(refusedAt("responses", { [name]: null })).toBeUndefined();
  });

  it("does not hold back a caller's own token for the server of tools they name", async () => {
    const tools = [
      {
        type: "mcp",
        server_label: "theirs",
        server_url: "https://mcp.example.com",
        authorization: "token-of-the-caller",
        headers: { "x-team": "theirs" },
      },
    ];
    expect(await opened("responses", { tools })).toMatchObject({ tools });
  });

  it("is kept in the account only where the tier leaves that to the caller, who then says", async () => {
    expect(await opened("responses", { store: true })).toMatchObject({ store: false });
    expect(await opened("responses", { store: true }, { store: true })).toMatchObject({ store: true });
    expect(await opened("responses", {}, { store: true })).not.toHaveProperty("store");
  });
});

describe("the relay", () => {
  it("knows no other operation", () => {
    expect(refusedAt("images", {})).toBe("operation");
  });

  it("names every option it cannot use", () => {
    expect(() => createOpenAIRelay({ apiKey: "", maxConnections: 0 })).toThrow(/apiKey[^]*maxConnections/);
  });

  it("sends account, organisation and the operator's own headers, which win", async () => {
    playJson(answered);
    const headers = { "X-Team": "ours", Accept: "application/vnd.ours+json" };
    const own = relay({ organization: "org-1", project: "proj-1", headers });
    await own.open(requestOf("responses", { input: "x" }), options);
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${apiKey}`,
      "openai-organization": "org-1",
      "openai-project": "proj-1",
      "x-team": "ours",
      accept: "application/vnd.ours+json",
    });
  });

  it("sends nothing when a header of the caller cannot be sent", async () => {
    const request = { ...requestOf("responses", { input: "x" }), headers: { "openai-beta": "\u0101" } };
    const failure = await relay()
      .open(request, options)
      .catch((thrown: unknown) => thrown);
    expect(TenantryError.is(failure) && failure.upstream?.kind).toBe("not-sent");
    expect(server.requests).toEqual([]);
  });

  it("keeps its connections for further answers, streamed or not", async () => {
    let connections = 0;
    const counting = createServer((incoming, response) => {
      incoming.resume().on("end", () => {
        const streamed = incoming.headers.accept === "text/event-stream";
        response.setHeader("content-type", streamed ? "text/event-stream" : "application/json");
        response.end(
          streamed
            ? `${created}${event({ type: "response.completed", response: answered })}`
            : JSON.stringify(answered),
        );
      });
    });
    counting.on("connection", () => (connections += 1));
    await new Promise<void>((resolve) => counting.listen(0, "127.0.0.1", resolve));
    try {
      const baseUrl = `http://127.0.0.1:${(counting.address() as AddressInfo).port}`;
      const one = createOpenAIRelay({ apiKey, baseUrl });
      for (const stream of [true, false, true, true, false, false, true, false]) {
        const { events } = await one.open(requestOf("responses", { input: "x", stream }), options);
        while ((await events.next()).done !== true);
      }
      // A request may begin a moment before the connection of the one before is free.
      expect(connections).toBeLessThanOrEqual(2);
    } finally {
      counting.closeAllConnections();
      await new Promise((resolve) => counting.close(resolve));
    }
  });
});
