import { describe, expect, it } from "vitest";
import { resolveAnthropicOptions } from "./options.ts";

describe("options", () => {
  it("have defaults for all but the key", () => {
    expect(resolveAnthropicOptions({ apiKey: "sk-ant-1" })).toEqual({
      apiKey: "sk-ant-1",
      baseUrl: "https://api.anthropic.com",
      provider: "anthropic",
      timeoutMs: 600_000,
      headers: {},
      fetch: expect.any(Function) as unknown,
    });
  });

  it("are refused with every problem at once, and without the key", () => {
    const options = {
      apiKey: "two\nlines",
      baseUrl: "ftp://api.example",
      provider: "a/b",
      timeoutMs: 2 ** 31,
      headers: { "bad name": "x", "x-fine": "y" },
    };
    expect(() => resolveAnthropicOptions(options)).toThrowError(
      expect.objectContaining({
        code: "invalid_configuration",
        message: expect.not.stringContaining("two") as unknown,
        issues: ["apiKey", "baseUrl", "provider", "timeoutMs", "headers.bad name"].map((path) =>
          expect.objectContaining({ path }),
        ),
      }),
    );
  });

  it.each(["", " "])("without a key (%j) are refused", (apiKey) => {
    expect(() => resolveAnthropicOptions({ apiKey })).toThrowError(/apiKey/);
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity])("with a time limit of %s are refused", (timeoutMs) => {
    expect(() => resolveAnthropicOptions({ apiKey: "sk-ant-1", timeoutMs })).toThrowError(/timeoutMs/);
  });
});
