import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, test } from "vitest";
import { question, start } from "./running.ts";

const tool = {
  type: "function" as const,
  name: "lookup",
  strict: false,
  parameters: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
};

describe("responses", () => {
  test("an answer has the vendor's shape and exact usage", async () => {
    const { openai, simulator } = await start();
    const answer = await openai.responses.create({
      model: "gpt-4.1",
      instructions: "Be brief.",
      input: question.content,
    });
    expect(answer.status).toBe("completed");
    expect(answer.model).toBe("gpt-4.1-2025-04-14");
    expect(answer.output_text).toContain("river");
    expect(answer.usage?.output_tokens).toBe(countTokens(answer.output_text));
    expect(answer.usage?.input_tokens).toBe(countTokens("Be brief.") + countTokens(question.content) + 2 * 4 + 3);
    expect(simulator.invoice().lines[0]?.responseId).toBe(answer.id);
  });

  test("a stream has the vendor's events in order, numbered without gaps", async () => {
    const { openai } = await start();
    const stream = await openai.responses.create({
      model: "o4-mini",
      input: [{ role: "user", content: question.content }],
      stream: true,
    });
    const events = [];
    for await (const event of stream) events.push(event);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    const types = events.map((event) => event.type);
    const folded = types.filter((type, index) => type !== types[index - 1]);
    expect(folded).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.output_item.done",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    const last = events.at(-1);
    if (last?.type !== "response.completed") throw new Error("the stream did not complete");
    const reasoning = last.response.usage?.output_tokens_details.reasoning_tokens ?? 0;
    expect(reasoning).toBeGreaterThan(0);
    const text = events.map((e) => (e.type === "response.output_text.delta" ? e.delta : "")).join("");
    expect(last.response.usage?.output_tokens).toBe(reasoning + countTokens(text));
  });

  test("the SDK's own accumulator agrees with the unstreamed answer", async () => {
    const { openai } = await start();
    const body = { model: "gpt-4o", input: question.content };
    const final = await openai.responses.stream(body).finalResponse();
    const whole = await openai.responses.create(body);
    expect(final.output_text).toBe(whole.output_text);
    expect(final.usage).toEqual(whole.usage);
  });

  test("max_output_tokens is met to the token and leaves the answer incomplete", async () => {
    const { openai } = await start();
    const body = { model: "gpt-4o", input: question.content, max_output_tokens: 16 };
    const answer = await openai.responses.create(body);
    expect(answer.status).toBe("incomplete");
    expect(answer.incomplete_details?.reason).toBe("max_output_tokens");
    expect(answer.usage?.output_tokens).toBe(16);
    const stream = await openai.responses.create({ ...body, stream: true });
    let last = "";
    for await (const event of stream) last = event.type;
    expect(last).toBe("response.incomplete");
  });

  test("tools are called, streamed in argument deltas, and answered", async () => {
    const { openai } = await start();
    const input = 'call tool lookup {"id":"7"}';
    const body = { model: "gpt-4o", input, tools: [tool] };
    const answer = await openai.responses.create(body);
    const call = answer.output.find((item) => item.type === "function_call");
    expect(call).toMatchObject({ name: "lookup", arguments: '{"id":"7"}' });
    const stream = await openai.responses.create({ ...body, stream: true });
    let args = "";
    for await (const event of stream) {
      if (event.type === "response.function_call_arguments.delta") args += event.delta;
    }
    expect(args).toBe('{"id":"7"}');
    const callId = call?.type === "function_call" ? call.call_id : "";
    const after = await openai.responses.create({
      ...body,
      input: [
        { role: "user", content: input },
        { type: "function_call", call_id: callId, name: "lookup", arguments: "{}" },
        { type: "function_call_output", call_id: callId, output: "found" },
      ],
    });
    expect(after.output.map((item) => item.type)).toEqual(["message"]);
  });

  test("text.format makes JSON for its schema", async () => {
    const { openai } = await start();
    const schema = { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] };
    const answer = await openai.responses.create({
      model: "gpt-4o",
      input: "Anything",
      text: { format: { type: "json_schema", name: "verdict", schema } },
    });
    expect(JSON.parse(answer.output_text)).toEqual({ ok: false });
  });

  test("what is stored at the provider is not found", async () => {
    const { openai, simulator } = await start();
    await expect(
      openai.responses.create({ model: "gpt-4o", input: "x", previous_response_id: "resp_1" }),
    ).rejects.toMatchObject({ status: 400, code: "previous_response_not_found" });
    expect(simulator.invoice().lines).toEqual([]);
  });
});
