import type { ChatMessage, ChatRequest, ReasoningWish } from "@tenantry/core";
import { describe, expect, it } from "vitest";
import { toAnthropicThinking, type AnthropicThinking } from "./to-anthropic-thinking.ts";

const messages: readonly ChatMessage[] = [{ role: "user", content: "Hello" }];

function translate(reasoning: ReasoningWish, model: string, some: Partial<ChatRequest> = {}): AnthropicThinking {
  return toAnthropicThinking({ messages, maxOutputTokens: 8_192, reasoning, ...some }, model);
}

const nothing = { thinking: null, effort: null };

describe("a wish for thinking", () => {
  it("is nothing where there is none", () => {
    expect(toAnthropicThinking({ messages }, "claude-opus-4-6")).toEqual(nothing);
  });

  it.each(["claude-opus-4-6", "claude-sonnet-4-6", "claude-opus-4-10", "claude-sonnet-5", "claude-haiku-6-20270101"])(
    "is an effort for %s",
    (model) => {
      const adaptive = { type: "adaptive" };
      expect(translate({ effort: "high" }, model)).toEqual({ thinking: adaptive, effort: "high" });
      expect(translate({ effort: "minimal" }, model)).toEqual({ thinking: adaptive, effort: "low" });
      expect(translate({}, model)).toEqual({ thinking: adaptive, effort: null });
      expect(translate({ effort: "low", shown: true }, model).thinking).toEqual({ ...adaptive, display: "summarized" });
      expect(translate({ shown: false }, model).thinking).toEqual({ ...adaptive, display: "omitted" });
      expect(translate({ budgetTokens: 2_048 }, model).thinking).toEqual({ type: "enabled", budget_tokens: 2_048 });
    },
  );

  it.each([
    "claude-3-7-sonnet-20250219",
    "claude-sonnet-4-20250514",
    "claude-opus-4-0",
    "claude-opus-4-1",
    "claude-haiku-4-5-20251001",
  ])("is a budget for %s", (model) => {
    const budget = (budget_tokens: number): AnthropicThinking => ({
      thinking: { type: "enabled", budget_tokens },
      effort: null,
    });
    expect(translate({ effort: "low" }, model)).toEqual(budget(1_024));
    expect(translate({ effort: "medium" }, model)).toEqual(budget(4_096));
    expect(translate({ effort: "max" }, model)).toEqual(budget(8_191));
    expect(translate({ effort: "minimal" }, model)).toEqual(nothing);
    expect(translate({}, model)).toEqual(nothing);
    const small = { maxOutputTokens: 1_024 };
    expect(() => translate({ effort: "low" }, model, small)).toThrowError(
      expect.objectContaining({ code: "invalid_request", issues: [expect.objectContaining({ path: "reasoning" })] }),
    );
  });

  it("can be none", () => {
    for (const model of ["claude-haiku-4-5", "claude-opus-4-6"]) {
      expect(translate({ effort: "none", shown: true }, model)).toEqual({
        thinking: { type: "disabled" },
        effort: null,
      });
    }
  });

  it("ends where a turn goes on whose thinking the caller could not give back", () => {
    const call = { id: "toolu_1", name: "now", argumentsJson: "{}" };
    const turn = (reasoning: Extract<ChatMessage, { role: "assistant" }>["reasoning"] = []): Partial<ChatRequest> => ({
      messages: [
        ...messages,
        { role: "assistant", content: "", reasoning, toolCalls: [call] },
        { role: "tool", toolCallId: "toolu_1", content: "noon" },
      ],
    });
    const signed = [{ type: "thinking", text: "Hm.", signature: "Eq" }] as const;
    expect(translate({ effort: "low" }, "claude-haiku-4-5", turn())).toEqual(nothing);
    expect(translate({ effort: "low" }, "claude-haiku-4-5", turn(signed)).thinking).not.toBeNull();
    expect(translate({ effort: "low" }, "claude-opus-4-6", turn()).thinking).not.toBeNull();
  });
});
