import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FixedUpstream, openFixedUpstream } from "./support/fixed-upstream.ts";
import { openTestGateway, post, type TestGateway } from "./support/gateway.ts";

let upstream: FixedUpstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await openFixedUpstream();
  gateway = await openTestGateway({
    isSimulated: false,
    yaml: `
tiers: { t: { models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5, openai/text-embedding-3-small], maxOutputTokens: 500 } }
tenants: { one: { tier: t } }
providers:
  openai: { apiKey: sk-ours, baseUrl: "${upstream.url}/v1" }
  anthropic: { apiKey: sk-ours, baseUrl: "${upstream.url}" }
`,
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const usage = '"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}';
/** Spaces, escapes, a big number, a field of the future: nothing of it may be written anew. */
const whole = `{ "id":"chatcmpl-1", "object":"chat.completion",\n"created":1,"model":"gpt-4o-mini","future":{"n":12345678901234567890.10,"u":"\\u00e9\\/"},"choices":[{"index":0,"message":{"role":"assistant","content":"h\u00e9"},"finish_reason":"stop"}],${usage} }\n`;

function chunk(text: string, more = ""): string {
  return `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":"${text}"}}]${more}}\n\n`;
}

/** Comments, CRLF, an event that is split anywhere, a field of the future. */
const stream = [
  ": a comment\n\n",
  chunk("a"),
  chunk("b", ',"future":  1.0'),
  "event: ping\r\ndata: {}\r\n\r\n",
  `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n`,
  `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[],${usage}}\n\n`,
  "data: [DONE]\n\n",
].join("");

const asked = `{ "model" : "gpt-4o-mini","messages":[{"role":"user","content":"hi \\u00e9"}], "future_field": {"x": 1.50}, "max_completion_tokens": 20`;
const key = (): string => gateway.keys["one"] ?? "";

function pieces(text: string, length: number): Buffer[] {
  const bytes = Buffer.from(text);
  const cut: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += length) cut.push(bytes.subarray(at, at + length));
  return cut;
}

describe("the same protocol on both sides", () => {
  test("a whole answer is the provider's, byte by byte", async () => {
    upstream.answer = { headers: { "content-type": "application/json" }, pieces: pieces(whole, 50) };
    const answer = await post(gateway, "/v1/chat/completions", key(), `${asked}}`);
    expect(Buffer.from(await answer.arrayBuffer()).toString()).toBe(whole);
  });

  test.each([1, 7, 64, 10_000])("a stream in pieces of %i bytes is the provider's, byte by byte", async (length) => {
    upstream.answer = { headers: { "content-type": "text/event-stream" }, pieces: pieces(stream, length) };
    const body = `${asked},"stream":true,"stream_options":{"include_usage":true}}`;
    const answer = await post(gateway, "/v1/chat/completions", key(), body);
    expect(Buffer.from(await answer.arrayBuffer()).toString()).toBe(stream);
  });

  test.each([1, 13, 10_000])(
    "usage we asked for is taken out, in pieces of %i bytes, and nothing else",
    async (length) => {
      // As the provider writes when usage was asked for: null in every chunk, and one more chunk.
      const nulls = (text: string): string =>
        text.replaceAll('"gpt-4o-mini","choices"', '"gpt-4o-mini","usage":null,"choices"');
      const extra = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[],${usage}}\n\n`;
      const plain = stream.replace(extra, "");
      upstream.answer = {
        headers: { "content-type": "text/event-stream" },
        pieces: pieces(nulls(plain).replace("data: [DONE]", `${extra}data: [DONE]`), length),
      };
      const answer = await post(gateway, "/v1/chat/completions", key(), `${asked},"stream":true}`);
      expect(Buffer.from(await answer.arrayBuffer()).toString()).toBe(plain);
      expect(JSON.parse(upstream.received.at(-1)?.body.toString() ?? "")).toMatchObject({
        stream_options: { include_usage: true },
      });
    },
  );

  test("the body crosses as it is, but for what has to be changed", async () => {
    upstream.answer = { headers: { "content-type": "application/json" }, pieces: [Buffer.from(whole)] };
    await post(gateway, "/v1/chat/completions", key(), `${asked}}`);
    const sent = upstream.received.at(-1)?.body.toString() ?? "";
    expect(sent).toContain(
      '{ "model" : "gpt-4o-mini","messages":[{"role":"user","content":"hi \\u00e9"}], "future_field": {"x": 1.50}',
    );
    expect(JSON.parse(sent)).toEqual({ ...(JSON.parse(`${asked}}`) as object), store: false });
  });

  test("no header of the caller crosses but those that must, and none of the provider's account comes back", async () => {
    upstream.answer = {
      headers: {
        "content-type": "application/json",
        "openai-organization": "org-ours",
        "x-ratelimit-limit-requests": "99",
        "set-cookie": "a=b",
        "x-internal": "1",
      },
      pieces: [Buffer.from(whole)],
    };
    const answer = await post(gateway, "/v1/chat/completions", key(), `${asked}}`, {
      cookie: "session=1",
      "openai-organization": "org-theirs",
      "openai-beta": "assistants=v2",
      "idempotency-key": "crossing",
      "x-tenantry-user": "ann",
    });
    const sent = upstream.received.at(-1)?.headers ?? {};
    expect(sent.authorization).toBe("Bearer sk-ours");
    expect(sent["openai-beta"]).toBe("assistants=v2");
    expect(JSON.stringify(sent)).not.toContain("tnt_");
    for (const name of ["cookie", "openai-organization", "idempotency-key", "x-tenantry-user"])
      expect(sent).not.toHaveProperty(name);
    for (const name of ["openai-organization", "x-ratelimit-limit-requests", "set-cookie", "x-internal"]) {
      expect(answer.headers.get(name)).toBeNull();
    }
  });

  test("an image, a tool and a schema cross whole", async () => {
    upstream.answer = { headers: { "content-type": "application/json" }, pieces: [Buffer.from(whole)] };
    const body = {
      model: "gpt-4o-mini",
      messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] }],
      tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
      response_format: { type: "json_object" },
      max_completion_tokens: 5,
    };
    const answer = await post(gateway, "/v1/chat/completions", key(), body);
    expect(answer.status).toBe(200);
    expect(JSON.parse(upstream.received.at(-1)?.body.toString() ?? "")).toMatchObject(body);
  });
});

const message = `{"id":"msg_1","type":"message", "role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":"h\\u00e9"}],"stop_reason":"end_turn","stop_sequence":null,"future":1.0,"usage":{"input_tokens":3,"output_tokens":2}}\n`;
const messageStream = [
  `event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}\n\n`,
  `event: ping\ndata: {"type": "ping"}\n\n`,
  `event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n`,
  `event: content_block_delta\r\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"h\\u00e9"},"future":1.0}\r\n\r\n`,
  `event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n`,
  `event: of_the_future\ndata: {"type":"of_the_future"}\n\n`,
  `event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}\n\n`,
  `event: message_stop\ndata: {"type":"message_stop"}\n\n`,
].join("");
const response = `{"id":"resp_1", "object":"response","created_at":1,"status":"completed","model":"gpt-4o-mini","output":[{"type":"message","id":"m","role":"assistant","status":"completed","content":[{"type":"output_text","text":"hi","annotations":[]}]}],"future":{"n":1e400},"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}`;
const responseStream = [
  `event: response.created\ndata: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","model":"gpt-4o-mini","output":[]}}\n\n`,
  `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":1,"item_id":"m","output_index":0,"content_index":0,"delta":"hi"}\n\n`,
  `event: response.of_the_future\ndata: {"type":"response.of_the_future"}\n\n`,
  `event: response.completed\ndata: {"type":"response.completed","sequence_number":3,"response":${response.replaceAll("\n", "")}}\n\n`,
].join("");
const embedding = `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10,-2e-05]}], "model":"text-embedding-3-small","usage":{"prompt_tokens":3,"total_tokens":3}}`;

const messages = `"messages":[{"role":"user","content":"hi"}]`;

describe("every route passes the provider's bytes on", () => {
  test.each([
    ["/v1/messages", `{"model":"claude-haiku-4-5","max_tokens":20,${messages}}`, message],
    ["/v1/responses", `{"model":"gpt-4o-mini","input":"hi"}`, response],
    ["/v1/embeddings", `{"model":"text-embedding-3-small","input":"hi"}`, embedding],
  ])("%s, whole", async (route, body, bytes) => {
    upstream.answer = { headers: { "content-type": "application/json" }, pieces: pieces(bytes, 50) };
    const answer = await post(gateway, route, key(), body);
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer()).toString()).toBe(bytes);
    expect(answer.headers.get("content-length")).toBe(String(Buffer.byteLength(bytes)));
  });

  test.each(
    [1, 10, 10_000].flatMap((length) => [
      [
        "/v1/messages",
        length,
        `{"model":"claude-haiku-4-5","max_tokens":20,"stream":true,${messages}}`,
        messageStream,
      ] as const,
      ["/v1/responses", length, `{"model":"gpt-4o-mini","stream":true,"input":"hi"}`, responseStream] as const,
    ]),
  )("%s, streamed in pieces of %i bytes", async (route, length, body, bytes) => {
    upstream.answer = {
      headers: { "content-type": "text/event-stream; charset=utf-8" },
      pieces: pieces(bytes, length),
    };
    const answer = await post(gateway, route, key(), body);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(Buffer.from(await answer.arrayBuffer()).toString()).toBe(bytes);
  });
});
