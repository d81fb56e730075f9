import type { MessageParam, Tool } from "@anthropic-ai/sdk/resources/messages";
import { startProviderSimulator, type ProviderSimulator } from "@tenantry/provider-simulator";
import type { ChatCompletionMessageParam, ChatCompletionTool } from "openai/resources/chat/completions";
import type { FunctionTool, ResponseInput } from "openai/resources/responses/responses";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parameters, pixel, schema } from "./examples/example.ts";
import { answerBy, openInstallation, type Installation } from "./installation.ts";
import { openTalk, type Talk } from "./support.ts";

const claude = "anthropic/claude-haiku-4-5";
const gpt = "openai/gpt-4o-mini";

let simulator: ProviderSimulator;
let installation: Installation;

beforeAll(async () => {
  simulator = await startProviderSimulator();
  installation = await openInstallation({ openai: simulator.url, anthropic: simulator.url });
});

afterAll(async () => {
  await installation.close();
  await simulator.close();
});

async function talkTo(model: string): Promise<Talk> {
  return await openTalk((call) => answerBy(installation, model, call));
}

const question = 'Please:\ncall tool weather {"city":"Oslo"}\ncall tool weather {"city":"Rome"}';
const cities = [{ city: "Oslo" }, { city: "Rome" }];
const ways = ["whole", "streamed"] as const;

describe("OpenAI's client on a Claude model", () => {
  const tools: ChatCompletionTool[] = [
    { type: "function", function: { name: "weather", parameters: { ...parameters } } },
  ];

  it.each(ways)("chats, %s", async (way) => {
    const { openai } = await talkTo(claude);
    const ask = { model: "m", messages: [{ role: "user" as const, content: "What did the board decide?" }] };
    const completion =
      way === "whole"
        ? await openai.chat.completions.create(ask)
        : await openai.chat.completions
            .stream({ ...ask, stream_options: { include_usage: true } })
            .finalChatCompletion();
    const [choice] = completion.choices;
    expect(choice?.message.content).not.toBe("");
    expect(choice?.finish_reason).toBe("stop");
    const { prompt_tokens: read = 0, completion_tokens: wrote = 0, total_tokens: total } = completion.usage ?? {};
    expect([read > 0, wrote > 0, total]).toEqual([true, true, read + wrote]);
  });

  it.each(ways)("lets it call tools in parallel and gives their results back, %s", async (way) => {
    const { openai } = await talkTo(claude);
    const messages: ChatCompletionMessageParam[] = [
      { role: "developer", content: "Use the tools." },
      { role: "user", content: question },
    ];
    const ask = { model: "m", messages, tools };
    const turn = async () =>
      way === "whole"
        ? await openai.chat.completions.create(ask)
        : await openai.chat.completions.stream(ask).finalChatCompletion();
    const [first] = (await turn()).choices;
    expect(first?.finish_reason).toBe("tool_calls");
    const calls = (first?.message.tool_calls ?? []).flatMap((call) => (call.type === "function" ? [call] : []));
    expect(calls.map(({ function: called }) => JSON.parse(called.arguments) as unknown)).toEqual(cities);
    if (first !== undefined) messages.push(first.message);
    messages.push(...calls.map(({ id }) => ({ role: "tool" as const, tool_call_id: id, content: "rain" })));
    const [second] = (await turn()).choices;
    expect(second?.finish_reason).toBe("stop");
    expect(second?.message.content).toBeTruthy();
  });

  it("lets it call one tool at a time", async () => {
    const { openai } = await talkTo(claude);
    const messages = [{ role: "user" as const, content: question }];
    const { choices } = await openai.chat.completions.create({
      model: "m",
      messages,
      tools,
      parallel_tool_calls: false,
    });
    expect(choices[0]?.message.tool_calls).toHaveLength(1);
  });

  it("gets JSON by a schema, a stop at a sequence and an end at the limit", async () => {
    const { openai } = await talkTo(claude);
    const messages = [{ role: "user" as const, content: "Was it agreed?" }];
    const json = await openai.chat.completions.create({
      model: "m",
      messages,
      response_format: { type: "json_schema", json_schema: { name: "verdict", schema: { ...schema }, strict: true } },
    });
    expect(Object.keys(JSON.parse(json.choices[0]?.message.content ?? "") as object)).toEqual(["ok"]);
    const short = await openai.chat.completions.create({ model: "m", messages, max_completion_tokens: 1 });
    expect(short.choices[0]?.finish_reason).toBe("length");
    expect(short.usage?.completion_tokens).toBe(1);
    const stopped = await openai.chat.completions.create({ model: "m", messages, stop: [" "] });
    expect(stopped.choices[0]?.message.content).not.toContain(" ");
  });

  it("shows it images", async () => {
    const { openai } = await talkTo(claude);
    const url = `data:image/png;base64,${pixel}`;
    const content = [
      { type: "text" as const, text: "What is this?" },
      { type: "image_url" as const, image_url: { url } },
    ];
    const plain = await openai.chat.completions.create({
      model: "m",
      messages: [{ role: "user", content: "What is this?" }],
    });
    const seen = await openai.chat.completions.create({ model: "m", messages: [{ role: "user", content }] });
    expect(seen.usage?.prompt_tokens).toBeGreaterThan((plain.usage?.prompt_tokens ?? 0) + 100);
  });

  it("is told by its own field what the provider does not do", async () => {
    const { openai } = await talkTo(claude);
    const messages = [{ role: "user" as const, content: "JSON, please" }];
    const asking = [
      [{ response_format: { type: "json_object" as const } }, "response_format"],
      [{ temperature: 1.5 }, "temperature"],
      [{ reasoning_effort: "low" as const, max_completion_tokens: 100 }, "reasoning_effort"],
    ] as const;
    for (const [more, param] of asking) {
      await expect(openai.chat.completions.create({ model: "m", messages, ...more })).rejects.toMatchObject({
        status: 400,
        code: "invalid_request",
        param,
      });
    }
  });

  it.each(ways)("gets a response with thinking and gives it back with a tool's result, %s", async (way) => {
    const { openai } = await talkTo(claude);
    const input: ResponseInput = [{ role: "user", content: question }];
    const functions: FunctionTool[] = [
      { type: "function", name: "weather", parameters: { ...parameters }, strict: null },
    ];
    const ask = {
      model: "m",
      input,
      tools: functions,
      reasoning: { effort: "low" as const, summary: "auto" as const },
    };
    const turn = async () =>
      way === "whole" ? await openai.responses.create(ask) : await openai.responses.stream(ask).finalResponse();
    const first = await turn();
    expect(first.status).toBe("completed");
    expect(first.output.map(({ type }) => type)).toEqual(["reasoning", "function_call", "function_call"]);
    const calls = first.output.flatMap((item) => (item.type === "function_call" ? [item] : []));
    expect(calls.map((call) => JSON.parse(call.arguments) as unknown)).toEqual(cities);
    input.push(...(first.output as ResponseInput));
    input.push(...calls.map(({ call_id }) => ({ type: "function_call_output" as const, call_id, output: "rain" })));
    const second = await turn();
    expect(second.output_text).not.toBe("");
    expect(second.output.map(({ type }) => type)).toEqual(["reasoning", "message"]);
  });
});

describe("Anthropic's client on a GPT model", () => {
  const tools: Tool[] = [{ name: "weather", input_schema: { type: "object", ...parameters } }];

  it.each(ways)("chats, %s", async (way) => {
    const { anthropic } = await talkTo(gpt);
    const ask = {
      model: "m",
      max_tokens: 256,
      system: "Be brief.",
      messages: [{ role: "user" as const, content: "What did the board decide?" }],
    };
    const message =
      way === "whole" ? await anthropic.messages.create(ask) : await anthropic.messages.stream(ask).finalMessage();
    expect(message.stop_reason).toBe("end_turn");
    expect(message.content).toEqual([{ type: "text", text: expect.stringMatching(/./), citations: null }]);
    expect(message.usage.input_tokens).toBeGreaterThan(0);
    expect(message.usage.output_tokens).toBeGreaterThan(0);
  });

  it.each(ways)("lets it call tools in parallel and gives their results back, %s", async (way) => {
    const { anthropic } = await talkTo(gpt);
    const messages: MessageParam[] = [{ role: "user", content: question }];
    const ask = { model: "m", max_tokens: 256, messages, tools };
    const turn = async () =>
      way === "whole" ? await anthropic.messages.create(ask) : await anthropic.messages.stream(ask).finalMessage();
    const first = await turn();
    expect(first.stop_reason).toBe("tool_use");
    const uses = first.content.flatMap((block) => (block.type === "tool_use" ? [block] : []));
    expect(uses.map((use) => use.input)).toEqual(cities);
    messages.push({ role: "assistant", content: first.content });
    messages.push({
      role: "user",
      content: uses.map(({ id }, n) => ({ type: "tool_result", tool_use_id: id, content: "rain", is_error: n === 0 })),
    });
    const second = await turn();
    expect(second.stop_reason).toBe("end_turn");
  });

  it("lets it call any one tool", async () => {
    const { anthropic } = await talkTo(gpt);
    const message = await anthropic.messages.create({
      model: "m",
      max_tokens: 256,
      messages: [{ role: "user", content: question }],
      tools,
      tool_choice: { type: "any", disable_parallel_tool_use: true },
    });
    expect(message.content.filter(({ type }) => type === "tool_use")).toHaveLength(1);
  });

  it("gets JSON by a schema and an end at the limit", async () => {
    const { anthropic } = await talkTo(gpt);
    const messages = [{ role: "user" as const, content: "Was it agreed?" }];
    const format = { type: "json_schema" as const, schema: { ...schema } };
    const json = await anthropic.messages.create({ model: "m", max_tokens: 64, messages, output_config: { format } });
    const [block] = json.content;
    expect(Object.keys(JSON.parse(block?.type === "text" ? block.text : "") as object)).toEqual(["ok"]);
    const short = await anthropic.messages.create({ model: "m", max_tokens: 1, messages });
    expect(short.stop_reason).toBe("max_tokens");
  });

  it("asks a model that thinks for as much as its budget", async () => {
    const { anthropic } = await talkTo("openai/o4-mini");
    const messages = [{ role: "user" as const, content: "Was it agreed?" }];
    const thinking = (tokens: number) => ({ type: "enabled" as const, budget_tokens: tokens });
    const little = await anthropic.messages.create({
      model: "m",
      max_tokens: 4096,
      messages,
      thinking: thinking(1024),
    });
    const much = await anthropic.messages.create({
      model: "m",
      max_tokens: 4096,
      messages,
      thinking: thinking(32_768),
    });
    const [few, many] = [little, much].map(({ usage }) => usage.output_tokens_details?.thinking_tokens ?? 0);
    expect(few).toBeGreaterThan(0);
    expect(many).toBe(4 * (few ?? 0));
  });

  it("is told by its own place that a tool's result may hold no image", async () => {
    const { anthropic } = await talkTo(gpt);
    const source = { type: "base64" as const, media_type: "image/png" as const, data: pixel };
    const messages: MessageParam[] = [
      { role: "user", content: question },
      { role: "assistant", content: [{ type: "tool_use", id: "call_1", name: "weather", input: {} }] },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "call_1", content: [{ type: "image", source }] }],
      },
    ];
    await expect(anthropic.messages.create({ model: "m", max_tokens: 64, messages, tools })).rejects.toMatchObject({
      status: 400,
      errorCode: "invalid_request",
      details: { param: "messages[2].content[0].content[0]" },
    });
  });
});
