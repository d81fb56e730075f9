import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, test } from "vitest";
import { question, start } from "./running.ts";

const model = "claude-haiku-4-5";
const tool = {
  name: "lookup",
  input_schema: {
    type: "object" as const,
    properties: { id: { type: "string", minLength: 2 } },
    required: ["id"],
  },
};

describe("messages", () => {
  test("an answer has the vendor's shape, the dated model name and exact usage", async () => {
    const { anthropic, simulator } = await start();
    const body = { model, max_tokens: 200, system: "Be brief.", messages: [question] };
    const { data, response } = await anthropic.messages.create(body).withResponse();
    expect(data.model).toBe("claude-haiku-4-5-20251001");
    expect(data.stop_reason).toBe("end_turn");
    const text = data.content[0]?.type === "text" ? data.content[0].text : "";
    expect(text).toContain("river");
    expect(data.usage.output_tokens).toBe(countTokens(text));
    expect(response.headers.get("request-id")).toMatch(/^req_/);
    const counted = await anthropic.messages.countTokens({
      model,
      system: body.system,
      messages: body.messages,
    });
    expect(counted.input_tokens).toBe(data.usage.input_tokens);
    const { lines } = simulator.invoice();
    expect(lines).toHaveLength(1);
    // 1 and 5 USD per million tokens.
    expect(lines[0]?.amountPico).toBe(
      BigInt(data.usage.input_tokens) * 1_000_000n + BigInt(data.usage.output_tokens) * 5_000_000n,
    );
  });

  test("a stream has the vendor's events in order and ends in the same message", async () => {
    const { anthropic } = await start();
    const body = { model, max_tokens: 200, messages: [question] };
    const types: string[] = [];
    const stream = await anthropic.messages.create({ ...body, stream: true });
    for await (const event of stream) types.push(event.type);
    expect(types.filter((type, index) => type !== types[index - 1])).toEqual([
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    const final = await anthropic.messages.stream(body).finalMessage();
    const whole = await anthropic.messages.create(body);
    expect(final.content).toEqual(whole.content);
    expect(final.usage.output_tokens).toBe(whole.usage.output_tokens);
    expect(final.usage.input_tokens).toBe(whole.usage.input_tokens);
  });

  test("max_tokens is met to the token; a stop sequence is named", async () => {
    const { anthropic } = await start();
    const short = await anthropic.messages.create({ model, max_tokens: 7, messages: [question] });
    expect(short.stop_reason).toBe("max_tokens");
    expect(short.usage.output_tokens).toBe(7);
    const stopped = await anthropic.messages.create({
      model,
      max_tokens: 100,
      stop_sequences: ["zzz", "points"],
      messages: [question],
    });
    expect(stopped).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: "points" });
  });

  test("tools are called with streamed argument deltas; any and tool demand a call", async () => {
    const { anthropic } = await start();
    const content = 'call tool lookup {"id":"42"}\ncall tool lookup {"id":"43"}';
    const body = {
      model,
      max_tokens: 200,
      tools: [tool],
      messages: [{ role: "user" as const, content }],
    };
    const answer = await anthropic.messages.create(body);
    expect(answer.stop_reason).toBe("tool_use");
    expect(answer.content).toMatchObject([
      { type: "tool_use", name: "lookup", input: { id: "42" } },
      { type: "tool_use", name: "lookup", input: { id: "43" } },
    ]);
    const streamed = await anthropic.messages.stream(body).finalMessage();
    expect(streamed.content.map((one) => one.type === "tool_use" && one.input)).toEqual([{ id: "42" }, { id: "43" }]);
    const forced = await anthropic.messages.create({
      ...body,
      messages: [question],
      tool_choice: { type: "tool", name: "lookup" },
    });
    expect(forced.content).toMatchObject([{ type: "tool_use", input: { id: "xx" } }]);
  });

  test("a tool's result is answered in words", async () => {
    const { anthropic } = await start();
    const answer = await anthropic.messages.create({
      model,
      max_tokens: 200,
      tools: [tool],
      messages: [
        { role: "user", content: 'call tool lookup {"id":"42"}' },
        { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "lookup", input: {} }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "found" }] },
      ],
    });
    expect(answer.stop_reason).toBe("end_turn");
  });

  test("output_config.format makes JSON for its schema", async () => {
    const { anthropic } = await start();
    const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    const answer = await anthropic.messages.create({
      model,
      max_tokens: 100,
      messages: [question],
      output_config: { format: { type: "json_schema", schema } },
    });
    const text = answer.content[0]?.type === "text" ? answer.content[0].text : "";
    expect(JSON.parse(text)).toEqual({ n: 0 });
  });

  test("thinking is a block of its own, billed and reported inside output_tokens", async () => {
    const { anthropic, simulator } = await start();
    const answer = await anthropic.messages.create({
      model,
      max_tokens: 3000,
      thinking: { type: "enabled", budget_tokens: 1024 },
      messages: [question],
    });
    expect(answer.content.map((one) => one.type)).toEqual(["thinking", "text"]);
    const tokens = simulator.invoice().lines[0]?.tokens;
    expect(tokens?.reasoning).toBe(64);
    expect(answer.usage.output_tokens).toBe((tokens?.output ?? 0) + 64);
    expect(answer.usage.output_tokens_details?.thinking_tokens).toBe(64);
  });

  test("a marked prefix is written first and read later; input_tokens leaves both out", async () => {
    let clock = 1_800_000_000_000;
    const { anthropic, simulator } = await start({ now: () => clock });
    const text = Array.from({ length: 800 }, (_, i) => `clause ${i}`).join(" ");
    const ask = (content: string) =>
      anthropic.messages.create({
        model: "claude-sonnet-4-6",
        max_tokens: 50,
        system: [
          { type: "text", text, cache_control: { type: "ephemeral", ttl: "1h" } },
          { type: "text", text: `${text} again`, cache_control: { type: "ephemeral" } },
        ],
        messages: [{ role: "user", content }],
      });
    const first = (await ask("one")).usage;
    const hour = first.cache_creation?.ephemeral_1h_input_tokens ?? 0;
    const five = first.cache_creation?.ephemeral_5m_input_tokens ?? 0;
    expect(Math.min(hour, five)).toBeGreaterThan(1024);
    expect(first.cache_creation_input_tokens).toBe(hour + five);
    expect(first.cache_read_input_tokens).toBe(0);
    const second = (await ask("two")).usage;
    expect(second).toMatchObject({
      cache_read_input_tokens: hour + five,
      cache_creation_input_tokens: 0,
      input_tokens: first.input_tokens,
    });
    clock += 6 * 60_000;
    expect((await ask("three")).usage).toMatchObject({
      cache_read_input_tokens: hour,
      cache_creation_input_tokens: five,
    });
    const [one, two] = simulator.invoice().lines;
    // Sonnet: 3 in, 15 out, 3.75 and 6 to write, 0.30 to read.
    const rest = BigInt(first.input_tokens) * 3_000_000n + BigInt(first.output_tokens) * 15_000_000n;
    expect(one?.amountPico).toBe(rest + BigInt(hour) * 6_000_000n + BigInt(five) * 3_750_000n);
    expect(two?.amountPico).toBe(rest + BigInt(hour + five) * 300_000n);
  });

  test("a marked prefix below the model's minimum is not cached", async () => {
    const { anthropic } = await start();
    const answer = await anthropic.messages.create({
      model,
      max_tokens: 50,
      system: [{ type: "text", text: "short", cache_control: { type: "ephemeral" } }],
      messages: [question],
    });
    expect(answer.usage.cache_creation_input_tokens).toBe(0);
  });
});
