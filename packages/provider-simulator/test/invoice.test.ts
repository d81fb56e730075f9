import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { amountPico, picoPerToken } from "../src/billing/amount-pico.ts";
import { noTokens } from "../src/billing/token-counts.ts";
import { prices } from "../src/billing/prices.ts";
import type { Invoice, InvoiceLine } from "../src/index.ts";
import { formatInvoice, parseInvoice } from "../src/index.ts";
import { modelCards } from "../src/models/model-cards.ts";
import { question, start } from "./running.ts";

const count = fc.integer({ min: 0, max: 10_000_000 });
const line: fc.Arbitrary<InvoiceLine> = fc.record({
  id: fc.string(),
  provider: fc.constantFrom("openai" as const, "anthropic" as const),
  endpoint: fc.string(),
  model: fc.string(),
  responseId: fc.option(fc.string()),
  clientRequestId: fc.option(fc.string()),
  occurredAt: fc.integer({ min: 0 }),
  tokens: fc.record({
    input: count,
    cacheRead: count,
    cacheWrite5m: count,
    cacheWrite1h: count,
    output: count,
    reasoning: count,
    audioInput: count,
    audioOutput: count,
  }),
  amountPico: fc.bigInt({ min: 0n, max: 2n ** 90n }),
});

describe("the invoice", () => {
  test("survives the wire exactly, beyond 2⁶³", () => {
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const totalPico = lines.reduce((sum, one) => sum + one.amountPico, 0n);
        const invoice: Invoice = { lines, totalPico };
        expect(parseInvoice(formatInvoice(invoice))).toEqual(invoice);
      }),
      { numRuns: 100 },
    );
  });

  test("a total that is not the sum, a float or a missing class is refused by name", () => {
    expect(() => parseInvoice('{"lines":[],"totalPico":"1"}')).toThrow("totalPico");
    expect(() => parseInvoice('{"lines":[],"totalPico":"1.5"}')).toThrow("totalPico");
    expect(() => parseInvoice('{"lines":[{}],"totalPico":"0"}')).toThrow("lines[0].provider");
  });

  test("a snapshot does not change, and reset empties the invoice", async () => {
    const { openai, simulator } = await start();
    const before = simulator.invoice();
    await openai.chat.completions.create({ model: "gpt-4", messages: [question] });
    expect(before.lines).toEqual([]);
    const after = simulator.invoice();
    simulator.reset();
    expect(after.lines).toHaveLength(1);
    expect(simulator.invoice()).toEqual({ lines: [], totalPico: 0n });
  });

  test("lines carry the caller's id and the simulator's clock, and no content", async () => {
    const { openai, simulator } = await start({ now: () => 1_234_567_890_123 });
    await openai.chat.completions.create(
      { model: "gpt-4o", messages: [{ role: "user", content: "a very private marmalade" }] },
      { headers: { "x-client-request-id": "call-1" } },
    );
    const invoice = simulator.invoice();
    expect(invoice.lines[0]).toMatchObject({
      provider: "openai",
      endpoint: "/v1/chat/completions",
      clientRequestId: "call-1",
      occurredAt: 1_234_567_890_123,
    });
    expect(formatInvoice(invoice)).not.toContain("marmalade");
  });

  test("fifty parallel calls of both vendors are fifty lines that sum to the total", async () => {
    const { openai, anthropic, simulator } = await start({ latency: { timeToFirstByteMs: 5 } });
    const calls = Array.from({ length: 50 }, (_, index) =>
      index % 2 === 0
        ? openai.chat.completions.create({ model: "gpt-4o-mini", messages: [question] })
        : anthropic.messages.stream({ model: "claude-haiku-4-5", max_tokens: 50, messages: [question] }).finalMessage(),
    );
    const answers = await Promise.all(calls);
    const { lines, totalPico } = simulator.invoice();
    expect(new Set(lines.map((one) => one.responseId))).toEqual(new Set(answers.map((answer) => answer.id)));
    expect(lines.reduce((sum, one) => sum + one.amountPico, 0n)).toBe(totalPico);
    expect(new Set(lines.map((one) => one.id)).size).toBe(50);
  });
});

describe("prices", () => {
  test("every model has one, in exact integers", () => {
    for (const card of modelCards) {
      expect(amountPico(card.id, { ...noTokens, input: 1_000_000 })).toBeGreaterThan(0n);
    }
    expect(picoPerToken("0.0375")).toBe(37_500n);
    for (const bad of ["", "1e3", "-1", "1.", ".5", "0.0000001"]) {
      expect(() => picoPerToken(bad)).toThrow(RangeError);
    }
  });

  test("Anthropic's cache prices are 1.25, 2 and 0.1 times the input price", () => {
    for (const card of modelCards) {
      const price = prices[card.id];
      // Claude 3 Haiku's list prices are rounded.
      if (card.provider !== "anthropic" || !price || card.id === "claude-3-haiku") continue;
      const input = picoPerToken(price.input);
      expect(picoPerToken(price.cacheWrite5m ?? "0") * 4n).toBe(input * 5n);
      expect(picoPerToken(price.cacheWrite1h ?? "0")).toBe(input * 2n);
      expect(picoPerToken(price.cacheRead ?? "0") * 10n).toBe(input);
    }
  });

  test("above 200,000 input tokens the whole request has the long-context price", () => {
    const at = (input: number) => amountPico("claude-sonnet-4-5", { ...noTokens, input, output: 1 });
    expect(at(200_000)).toBe(200_000n * 3_000_000n + 15_000_000n);
    expect(at(200_001)).toBe(200_001n * 6_000_000n + 22_500_000n);
  });
});
