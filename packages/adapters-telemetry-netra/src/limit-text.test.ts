import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "vitest";
import { limitMessages, limitText } from "./limit-text.ts";

const message = fc.record(
  { role: fc.constantFrom("user", "system"), content: fc.string({ unit: "binary", maxLength: 300 }) },
  { noNullPrototype: true },
);

describe("limits on text", () => {
  it("text is never longer than its limit, keeps its beginning, and is unchanged when it fits", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), fc.integer({ min: 64, max: 300 }), (text, max) => {
        const limited = limitText(text, max);
        if (text.length <= max) return limited === text;
        return limited.length <= max && text.startsWith(limited.slice(0, -"...[TRUNCATED]".length));
      }),
      { numRuns: 300 },
    );
  });

  it("messages are always a JSON array within the limit; what is whole is unchanged", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.integer({ min: 64, max: 800 }), (messages, max) => {
        const text = limitMessages(messages, max);
        const parsed = JSON.parse(text) as { content?: string; __truncated__?: true }[];
        assert.ok(text.length <= max);
        const isCut = parsed.at(-1)?.__truncated__ === true;
        if (!isCut) assert.deepEqual(parsed, messages);
        else assert.deepEqual(parsed.slice(0, -2), messages.slice(0, Math.max(0, parsed.length - 2)));
        if (JSON.stringify(messages).length + 24 <= max) assert.equal(isCut, false);
      }),
      { numRuns: 500 },
    );
  });
});
