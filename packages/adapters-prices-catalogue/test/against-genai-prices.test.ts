import { readFileSync } from "node:fs";
import { calcPrice, findProvider, type ModelInfo } from "@pydantic/genai-prices";
import {
  costOf,
  createPriceBook,
  inputTokens,
  outputTokens,
  tokenClasses,
  tokensOf,
  type Price,
  type TokenClass,
  type Usage,
} from "@tenantry/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { catalogueRelease, createCataloguePrices } from "../src/index.ts";

const source = await createCataloguePrices();
const book = source.current();
const providers = ["openai", "anthropic"];
const instants = [
  "2023-06-01",
  "2025-06-09T23:59:59.999Z",
  "2025-06-10",
  "2026-03-12T23:59:59.999Z",
  "2026-03-13",
  "2026-07-29T23:59:59.999Z",
  "2026-07-30",
  "2026-08-20T23:59:59.999Z",
  "2026-08-21",
  "2026-09-23",
  "2030-01-01",
].map((text) => Date.parse(text));

/** Models of both providers that we leave unpriced on purpose. */
const leftOut: Readonly<Record<string, string>> = {
  // Cached audio has a price of its own, and adapters report audio in one class.
  "gpt-4o-mini-realtime-preview": "cache_audio_read_mtok",
  "gpt-4o-realtime-preview": "cache_audio_read_mtok",
  "gpt-realtime": "cache_audio_read_mtok",
  "gpt-realtime-2": "cache_audio_read_mtok",
  "gpt-realtime-mini": "cache_audio_read_mtok",
  // Image tokens are dearer than text and are not a token class here.
  "gpt-image-1": "input_image_mtok",
  "gpt-image-1-mini": "input_image_mtok",
  "gpt-image-1.5": "input_image_mtok",
  "gpt-image-2": "input_image_mtok",
  // Billed by the hour.
  "gpt-transcribe": "audio_hours",
  "whisper-1": "audio_hours",
  // The data states nothing at all.
  moderation: "no price per token",
};

const modelsOf = (providerId: string): readonly ModelInfo[] => findProvider({ providerId })?.models ?? [];

/** Every name the data spells out for a model. */
function namesOf(model: ModelInfo): string[] {
  const names = [...JSON.stringify(model.match).matchAll(/"(?:equals|starts_with)":"([^"]+)"/g)];
  return [model.id, ...names.map((match) => match[1] as string)];
}

function theirUsage({ tokens, fees }: Usage): Record<string, number> {
  const cacheWrites = tokens.cacheWrite5m + tokens.cacheWrite1h;
  return {
    input_tokens: inputTokens(tokens),
    cache_read_tokens: tokens.cacheRead,
    cache_write_tokens: cacheWrites,
    cache_write_1h_tokens: tokens.cacheWrite1h,
    input_audio_tokens: tokens.audioInput,
    output_tokens: outputTokens(tokens),
    output_audio_tokens: tokens.audioOutput,
    web_searches: fees["webSearch"] ?? 0,
    storage_searches: fees["fileSearch"] ?? 0,
  };
}

/** Usage of the classes a price has, small and above the long-context steps. */
function usageFor(price: Price): fc.Arbitrary<Usage> {
  const counts = fc.tuple(
    ...tokenClasses.map((name: TokenClass) => {
      const isPriced = price.rates[name] !== undefined || (name === "reasoning" && price.rates.output !== undefined);
      return isPriced ? fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 400_000 })) : fc.constant(0);
    }),
  );
  const fee = fc.nat({ max: 50 });
  const fees = fc.tuple(...Object.keys(price.fees).map((name) => fee.map((units) => [name, units] as const)));
  return fc.tuple(counts, fees).map(([quantities, units]) => ({
    tokens: tokensOf(Object.fromEntries(tokenClasses.map((name, index) => [name, quantities[index] as number]))),
    fees: Object.fromEntries(units),
    serviceTier: "standard" as const,
  }));
}

describe("the catalogue", () => {
  it("is the release it says it is", () => {
    const file = new URL("../node_modules/@pydantic/genai-prices/package.json", import.meta.url);
    const { name, version } = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
    expect({ name, version }).toEqual({ name: catalogueRelease.package, version: catalogueRelease.version });
    expect(book.version).toBe("genai-prices@0.1.8+1 (2026-09-23)");
  });

  it("leaves out exactly the models with units that are not metered, and says why", () => {
    expect(source.leftOut.map(({ model }) => model).toSorted()).toEqual(Object.keys(leftOut).toSorted());
    for (const { model, reason } of source.leftOut) expect(reason).toContain(leftOut[model]);
  });

  it("converts every other model of both providers, exactly", () => {
    const listed = new Set(book.prices.map((price) => `${price.provider}/${price.model}`));
    const expected = providers.flatMap((provider) =>
      modelsOf(provider)
        .filter(({ id }) => !(id in leftOut))
        .map(({ id }) => `${provider}/${id}`),
    );
    expect([...listed].toSorted()).toEqual(expected.toSorted());
    expect(expected.length).toBeGreaterThan(100);
  });

  it("lists periods that follow each other without overlap or gap", () => {
    expect(() => createPriceBook("listed", book.prices)).not.toThrow();
    const endings = book.prices.filter(({ to }) => to !== null);
    expect(endings.length).toBeGreaterThan(4);
    for (const { provider, model, to } of endings) {
      expect(book.prices.filter((price) => price.model === model && price.from === to)).toMatchObject([{ provider }]);
    }
  });

  it("gives every price an id of its own", () => {
    expect(new Set(book.prices.map(({ id }) => id)).size).toBe(book.prices.length);
  });
});

describe.each(providers)("%s", (provider) => {
  const models = modelsOf(provider).filter(({ id }) => !(id in leftOut));

  it("costs what genai-prices computes, for every model and name, at every change of price", () => {
    let compared = 0;
    for (const model of models) {
      for (const [index, name] of namesOf(model).entries()) {
        for (const at of instants) {
          const theirs = calcPrice({}, name, { providerId: provider, timestamp: new Date(at) });
          const price = book.find({ provider, model: name }, at);
          // The id of an entry is not always one of its names; we list it, so we find it.
          const expectedModel = theirs?.model.id ?? (index === 0 ? model.id : null);
          const isLeftOut = expectedModel !== null && expectedModel in leftOut;
          expect(price?.model ?? null).toBe(isLeftOut ? null : expectedModel);
          if (price === null || theirs === null) continue;
          for (const usage of fc.sample(usageFor(price), { numRuns: index === 0 ? 12 : 2, seed: compared })) {
            const expected = calcPrice(theirUsage(usage), name, { providerId: provider, timestamp: new Date(at) });
            const cost = costOf(usage, price);
            if (cost.kind === "unpriced" || expected === null) throw new Error(`${name}: ${JSON.stringify(cost)}`);
            const difference = Math.abs(Number(cost.amountPico) / 1e12 - expected.total_price);
            if (difference > 1e-9 * Math.max(expected.total_price, 1e-12)) {
              throw new Error(`${name} at ${at}: ${cost.amountPico} pico, they say ${expected.total_price}`);
            }
            compared += 1;
          }
        }
      }
    }
    expect(compared).toBeGreaterThan(2_000);
  });

  it("has no price for a class the data does not name, where genai-prices takes that of plain tokens", () => {
    const at = Date.parse("2026-09-23");
    for (const { id } of models) {
      const price = book.find({ provider, model: id }, at);
      if (price === null) throw new Error(id);
      for (const name of tokenClasses) {
        if (price.rates[name] !== undefined || name === "reasoning") continue;
        const usage = { tokens: tokensOf({ [name]: 1 }), fees: {}, serviceTier: "standard" as const };
        expect(costOf(usage, price).kind).toBe("unpriced");
      }
    }
  });
});
