import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import type { Fault, FaultRule } from "../src/index.ts";
import { question, start, untilBilled } from "./running.ts";

const chat = { model: "gpt-4o", messages: [question] };
const message = { model: "claude-haiku-4-5", max_tokens: 500, messages: [question] };
const always = (fault: Fault): FaultRule[] => [{ fault }];

async function failure(call: PromiseLike<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error("the call did not fail");
}

async function readAll(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

describe("faults before any work are not billed", () => {
  test("a status comes with its code, message and retry-after", async () => {
    const fault: Fault = {
      kind: "status",
      status: 429,
      message: "slow down",
      retryAfterMs: 1500,
    };
    const { openai, anthropic, simulator } = await start({ faults: always(fault) });
    const error = await failure(openai.chat.completions.create(chat));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ code: "rate_limit_exceeded" });
    const { headers } = error as InstanceType<typeof OpenAI.APIError>;
    expect(headers?.get("retry-after")).toBe("2");
    expect(headers?.get("retry-after-ms")).toBe("1500");
    expect(headers?.get("x-ratelimit-remaining-requests")).toBe("0");
    const other = await failure(anthropic.messages.create(message));
    expect(other).toBeInstanceOf(Anthropic.RateLimitError);
    expect(other).toMatchObject({ type: "rate_limit_error", apiMessage: "slow down" });
    expect(simulator.invoice().lines).toEqual([]);
  });

  test("529 is Anthropic's overloaded_error", async () => {
    const { anthropic } = await start({ faults: always({ kind: "status", status: 529 }) });
    expect(await failure(anthropic.messages.create(message))).toMatchObject({
      status: 529,
      type: "overloaded_error",
    });
  });

  test("a reset is a connection error", async () => {
    const { openai, simulator } = await start({ faults: always({ kind: "reset" }) });
    const error = await failure(openai.chat.completions.create(chat));
    expect(error).toBeInstanceOf(OpenAI.APIConnectionError);
    expect(simulator.invoice().lines).toEqual([]);
  });

  test("a hang ends with the client's time-out, or with close", async () => {
    const { openai, simulator } = await start({ faults: always({ kind: "hang" }) });
    const timedOut = await failure(openai.chat.completions.create(chat, { timeout: 50 }));
    expect(timedOut).toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
    const pending = failure(openai.chat.completions.create(chat));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await simulator.close();
    expect(await pending).toBeInstanceOf(OpenAI.APIConnectionError);
    expect(simulator.invoice().lines).toEqual([]);
  });
});

describe("faults after the work are billed in full", () => {
  const whole = async () => {
    const { openai, simulator } = await start();
    await openai.chat.completions.create(chat);
    return simulator.invoice().totalPico;
  };

  test("billed, then a 500", async () => {
    const { openai, simulator } = await start({ faults: always({ kind: "billed-then-status" }) });
    const error = await failure(openai.chat.completions.create(chat));
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(simulator.invoice().totalPico).toBe(await whole());
  });

  test("billed, then a reset", async () => {
    const { openai, simulator } = await start({ faults: always({ kind: "billed-then-reset" }) });
    const error = await failure(openai.chat.completions.create(chat));
    expect(error).toBeInstanceOf(OpenAI.APIConnectionError);
    expect(simulator.invoice().totalPico).toBe(await whole());
  });

  test("broken JSON, whole and streamed", async () => {
    const { openai, anthropic, simulator } = await start({
      faults: always({ kind: "broken-json" }),
    });
    await failure(openai.chat.completions.create(chat));
    const stream = await openai.chat.completions.create({ ...chat, stream: true });
    await failure(readAll(stream));
    expect(simulator.invoice().totalPico).toBe(2n * (await whole()));
    await failure(anthropic.messages.stream(message).finalMessage());
    expect(simulator.invoice().lines).toHaveLength(3);
  });

  test("usage missing, whole and streamed", async () => {
    const { openai, anthropic, simulator } = await start({
      faults: always({ kind: "usage-missing" }),
    });
    expect((await openai.chat.completions.create(chat)).usage).toBeUndefined();
    const stream = await openai.chat.completions.create({
      ...chat,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) expect(chunk.usage).toBeUndefined();
    expect(simulator.invoice().totalPico).toBe(2n * (await whole()));
    expect((await anthropic.messages.create(message)).usage).toBeUndefined();
    const events = await readAll(await anthropic.messages.create({ ...message, stream: true }));
    expect(JSON.stringify(events)).not.toContain("output_tokens");
    const answer = await openai.responses.create({ model: "gpt-4o", input: "Hello there." });
    expect(answer.usage).toBeNull();
    expect(simulator.invoice().lines).toHaveLength(5);
  });

  test("usage that lies reports other counts than it bills", async () => {
    const { openai, simulator } = await start({
      faults: always({ kind: "usage-lies", factor: 3 }),
    });
    const { usage } = await openai.chat.completions.create(chat);
    const tokens = simulator.invoice().lines[0]?.tokens;
    expect(usage?.prompt_tokens).toBe(3 * (tokens?.input ?? 0));
    expect(usage?.completion_tokens).toBe(3 * (tokens?.output ?? 0));
    expect(simulator.invoice().totalPico).toBe(await whole());
  });

  test("cached tokens are reported and billed, within the prompt", async () => {
    const { openai, anthropic, simulator } = await start({
      faults: always({ kind: "cached-tokens", n: 10 }),
    });
    const { usage } = await openai.chat.completions.create(chat);
    expect(usage?.prompt_tokens_details?.cached_tokens).toBe(10);
    const { usage: theirs } = await anthropic.messages.create(message);
    expect(theirs.cache_read_input_tokens).toBe(10);
    const [one, two] = simulator.invoice().lines;
    expect(one?.tokens).toMatchObject({ cacheRead: 10, input: (usage?.prompt_tokens ?? 0) - 10 });
    expect(two?.tokens).toMatchObject({ cacheRead: 10, input: theirs.input_tokens });
    // 2.50 in, 1.25 cached.
    expect((await whole()) - (one?.amountPico ?? 0n)).toBe(10n * 1_250_000n);
  });

  test("another model answers, is reported and billed", async () => {
    const { openai, simulator } = await start({
      faults: always({ kind: "other-model", model: "gpt-4-turbo" }),
    });
    const { model } = await openai.chat.completions.create(chat);
    expect(model).toBe("gpt-4-turbo-2024-04-09");
    const [line] = simulator.invoice().lines;
    expect(line?.model).toBe("gpt-4-turbo-2024-04-09");
    const tokens = line?.tokens ?? { input: 0, output: 0 };
    expect(line?.amountPico).toBe(BigInt(tokens.input) * 10_000_000n + BigInt(tokens.output) * 30_000_000n);
    simulator.plan(always({ kind: "other-model", model: "gpt-next" }));
    expect((await openai.chat.completions.create(chat)).model).toBe("gpt-next");
    expect(simulator.invoice().lines[1]?.amountPico).toBe(await whole());
  });

  test("a refusal and a length stop are answers, and billed", async () => {
    const { openai, anthropic, simulator } = await start({ faults: always({ kind: "refusal" }) });
    const refused = await openai.chat.completions.create(chat);
    expect(refused.choices[0]?.message.content).toBeNull();
    expect(refused.choices[0]?.message.refusal).toContain("can't help");
    expect((await anthropic.messages.create(message)).stop_reason).toBe("refusal");
    simulator.plan(always({ kind: "length" }));
    const short = await openai.chat.completions.create(chat);
    expect(short.choices[0]?.finish_reason).toBe("length");
    expect((await anthropic.messages.create(message)).stop_reason).toBe("max_tokens");
    const reported = short.usage?.completion_tokens ?? 0;
    expect(simulator.invoice().lines[2]?.tokens.output).toBe(reported);
    expect(simulator.invoice().lines).toHaveLength(4);
  });

  test("slow adds its time to an answer that is otherwise good", async () => {
    const { openai, simulator } = await start({ faults: always({ kind: "slow", ms: 80 }) });
    const begun = performance.now();
    await openai.chat.completions.create(chat);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(75);
    expect(simulator.invoice().totalPico).toBe(await whole());
  });
});

describe("streams that end early", () => {
  test.each(["all", "sent"] as const)("a cut stream bills what was generated: %s", async (generated) => {
    const { openai, anthropic, simulator } = await start({
      faults: always({ kind: "stream-cut", afterEvents: 5, generated }),
    });
    const stream = await openai.chat.completions.create({ ...chat, stream: true });
    const seen: unknown[] = [];
    const error = await failure(
      (async () => {
        for await (const event of stream) seen.push(event);
      })(),
    );
    expect(error).toBeInstanceOf(Error);
    expect(seen).toHaveLength(5);
    await untilBilled(simulator, 1);
    const output = simulator.invoice().lines[0]?.tokens.output ?? 0;
    // The first of the five events names the role and brings no token.
    expect(output > 20 ? "all" : output).toBe(generated === "sent" ? 4 : "all");
    await failure(anthropic.messages.stream(message).finalMessage());
    await failure(openai.chat.completions.create(chat));
    expect(simulator.invoice().lines).toHaveLength(3);
  });

  test("a caller who leaves is billed for the input and what was sent so far", async () => {
    const { openai, simulator } = await start({ latency: { perTokenMs: 20 } });
    const whole = await openai.chat.completions.create(chat);
    const stream = await openai.chat.completions.create({ ...chat, stream: true });
    let received = 0;
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) received += 1;
      if (received === 4) break;
    }
    await untilBilled(simulator, 2);
    const tokens = simulator.invoice().lines[1]?.tokens;
    expect(tokens?.input).toBe(whole.usage?.prompt_tokens);
    expect(tokens?.output).toBeGreaterThanOrEqual(4);
    expect(tokens?.output).toBeLessThan((whole.usage?.completion_tokens ?? 0) - 5);
  });

  test("with keeps-generating the whole answer is billed after the caller left", async () => {
    const { anthropic, simulator } = await start({
      latency: { perTokenMs: 20 },
      faults: always({ kind: "keeps-generating" }),
    });
    const whole = await anthropic.messages.create(message);
    const stream = await anthropic.messages.create({ ...message, stream: true });
    for await (const event of stream) if (event.type === "content_block_delta") break;
    await untilBilled(simulator, 2);
    expect(simulator.invoice().lines[1]?.tokens.output).toBe(whole.usage.output_tokens);
  });

  test("an unstreamed call left before its answer is billed for its input alone", async () => {
    const { openai, simulator } = await start({ latency: { totalMs: 5000 } });
    await failure(openai.chat.completions.create(chat, { timeout: 60 }));
    await untilBilled(simulator, 1);
    expect(simulator.invoice().lines[0]?.tokens).toMatchObject({ output: 0, reasoning: 0 });
    expect(simulator.invoice().lines[0]?.tokens.input).toBeGreaterThan(20);
  });
});

describe("the plan", () => {
  test("the first rule that matches decides, counters and limits included", async () => {
    const { openai, anthropic, simulator } = await start({
      faults: [
        { match: { provider: "anthropic" }, fault: { kind: "status", status: 503 } },
        { match: { clientRequestIdPrefix: "bad-" }, fault: { kind: "status", status: 418 } },
        { match: { model: "gpt-4o", everyNth: 2 }, fault: { kind: "status", status: 500 }, times: 1 },
        { match: { endpoint: "embeddings" }, fault: { kind: "status", status: 502 } },
      ],
    });
    const status = async (call: PromiseLike<unknown>): Promise<unknown> =>
      call.then(
        () => 200,
        (error: { status: number }) => error.status,
      );
    const ask = (headers = {}) => status(openai.chat.completions.create(chat, { headers }));
    expect(await status(anthropic.messages.create(message))).toBe(503);
    expect(await ask({ "x-client-request-id": "bad-1" })).toBe(418);
    expect([await ask(), await ask(), await ask(), await ask()]).toEqual([200, 500, 200, 200]);
    const embed = { model: "text-embedding-3-small", input: "x" };
    expect(await status(openai.embeddings.create(embed))).toBe(502);
    simulator.plan([]);
    expect(await status(openai.embeddings.create(embed))).toBe(200);
  });

  test("probabilities follow the seed", async () => {
    const run = async (seed: number): Promise<string> => {
      const faults: FaultRule[] = [{ match: { probability: 0.5 }, fault: { kind: "status", status: 500 } }];
      const { openai } = await start({ seed, faults });
      let seen = "";
      for (let i = 0; i < 24; i += 1) {
        seen += await openai.embeddings.create({ model: "text-embedding-3-small", input: "x" }).then(
          () => "1",
          () => "0",
        );
      }
      return seen;
    };
    const first = await run(7);
    expect(await run(7)).toBe(first);
    expect(await run(8)).not.toBe(first);
    expect(first).toMatch(/0.*1|1.*0/);
  });

  test.each<[string, unknown]>([
    ["plan must be an array", {}],
    ["plan[0].fault.kind", [{ fault: { kind: "explode" } }]],
    ["plan[0].fault.kind", [{ fault: { kind: "toString" } }]],
    ["plan[0].fault.status", [{ fault: { kind: "status" } }]],
    ["plan[0].fault.status", [{ fault: { kind: "status", status: 200 } }]],
    ["plan[0].match.everyNth", [{ fault: { kind: "reset" }, match: { everyNth: 0 } }]],
    ["plan[0].match.modle", [{ fault: { kind: "reset" }, match: { modle: "x" } }]],
    ["plan[0].times", [{ fault: { kind: "reset" }, times: 0 }]],
  ])("a bad plan is refused at %s", async (path, plan) => {
    const { simulator } = await start();
    expect(() => simulator.plan(plan as FaultRule[])).toThrow(path);
    const url = `${simulator.url}/__simulator/plan`;
    const answer = await fetch(url, { method: "POST", body: JSON.stringify(plan) });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(path);
  });
});
