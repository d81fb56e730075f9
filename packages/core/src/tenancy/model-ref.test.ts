import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatModelRef, parseModelRef, sameModel } from "./model-ref.ts";

describe("a model's name", () => {
  it.each([
    ["acme/large", { provider: "acme", model: "large" }],
    ["acme/team/large", { provider: "acme", model: "team/large" }],
    ["acme//", { provider: "acme", model: "/" }],
    ["a/b", { provider: "a", model: "b" }],
  ])("%s has a provider and a model", (text, ref) => {
    expect(parseModelRef(text)).toEqual(ref);
    expect(formatModelRef(ref)).toBe(text);
  });

  it.each(["", "/", "acme", "acme/", "/large"])("%j has not", (text) => {
    expect(parseModelRef(text)).toBeNull();
  });

  it("is read back as it was written, also where the model's part has slashes", () => {
    const provider = fc.string({ minLength: 1 }).filter((text) => !text.includes("/"));
    fc.assert(
      fc.property(provider, fc.string({ minLength: 1 }), (name, model) => {
        const ref = { provider: name, model };
        expect(parseModelRef(formatModelRef(ref))).toEqual(ref);
      }),
      { numRuns: 300 },
    );
  });

  it("is the same only with the same provider and the same model", () => {
    const ref = { provider: "acme", model: "large" };
    expect(sameModel(ref, { ...ref })).toBe(true);
    expect(sameModel(ref, { ...ref, model: "small" })).toBe(false);
    expect(sameModel(ref, { ...ref, provider: "other" })).toBe(false);
    expect(sameModel({ provider: "a/b", model: "c" }, { provider: "a", model: "b/c" })).toBe(false);
  });
});
