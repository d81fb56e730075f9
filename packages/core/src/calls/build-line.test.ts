import { describe, expect, it } from "vitest";
import type { LedgerLine } from "../metering/ledger-line.ts";
import { createPriceBook } from "../pricing/price-book.ts";
import type { Price } from "../pricing/price.ts";
import { usageOf } from "../pricing/usage.ts";
import { aPrice, anIntent } from "../testing/builders.ts";
import { buildLine, type LineParts } from "./build-line.ts";

const target = { provider: "acme", model: "large" };
/** 10 pico-USD a token in, 20 out. */
const large = aPrice({ ...target, id: "price-large", rates: { input: 10n, output: 20n } });
const small = aPrice({ provider: "acme", model: "small", id: "price-small", rates: { input: 1n, output: 2n } });
const intent = anIntent({ target, atMostPico: 900n });
const usage = usageOf({ input: 7, output: 3 });

function line(some: Partial<LineParts> = {}, prices: readonly Price[] = [large, small]): LedgerLine {
  return buildLine({
    intent,
    facts: { outcome: "ok", source: "measured", usage },
    recordedAt: intent.occurredAt + 1_234,
    book: createPriceBook("book-1", prices),
    charge: { kind: "pass-through", version: "charge-1" },
    holdPico: 900n,
    latencyMs: 800,
    reportedModel: null,
    responseId: null,
    status: null,
    ...some,
  });
}

const nothing: LineParts["facts"] = { outcome: "refused", source: "measured", usage: usageOf({}) };
const unknown: LineParts["facts"] = { outcome: "timeout", source: "unknown", usage: null };

describe("a ledger line", () => {
  it("says whose attempt it was, when, what it used and what that cost", () => {
    const who = { tenantId: "t", userId: "u", sessionId: "s", feature: "f", featuresUsed: ["x"], keyId: "k" };
    const asked = anIntent({ ...who, target, attemptId: "att-7", callId: "call-7", ordinal: 2 });
    expect(line({ intent: asked, reportedModel: "large", responseId: "resp-1", status: 200 })).toEqual({
      ...who,
      lineId: "att-7",
      attemptId: "att-7",
      callId: "call-7",
      ordinal: 2,
      origin: "call",
      requested: target,
      answered: target,
      reportedModel: "large",
      occurredAt: asked.occurredAt,
      recordedAt: asked.occurredAt + 1_234,
      outcome: "ok",
      source: "measured",
      usage,
      costPico: 130n,
      unpricedReason: null,
      costItems: [
        { of: "input", quantity: 7, ratePico: 10n, amountPico: 70n },
        { of: "output", quantity: 3, ratePico: 20n, amountPico: 60n },
      ],
      priceId: "price-large",
      atMostPico: null,
      holdPico: 900n,
      chargePico: 130n,
      chargeVersion: "charge-1",
      latencyMs: 800,
      responseId: "resp-1",
      status: 200,
      marks: [],
      supersedes: null,
    });
  });

  it("is priced by the price in force when its intent was written, not when it was recorded", () => {
    const change = intent.occurredAt + 1;
    const prices = [
      { ...large, id: "before", to: change },
      { ...large, id: "after", from: change, rates: { input: 0n, output: 0n } },
    ];
    expect(line({ recordedAt: change + 5 }, prices)).toMatchObject({ priceId: "before", costPico: 130n });
  });

  it("is priced by the tenant's own price where it has one", () => {
    const own = { ...large, id: "own", tenantId: "tenant-a", rates: { input: 1n, output: 1n } };
    expect(line({}, [large, own])).toMatchObject({ priceId: "own", costPico: 10n });
    expect(line({ intent: anIntent({ target, tenantId: "tenant-b" }) }, [large, own]).priceId).toBe("price-large");
  });
});

describe("the model a line counts under", () => {
  it.each(["large-2026-01-31", "large-20260131", "large-0613"])(
    "is the one asked for when %s answers: a dated edition",
    (name) => {
      expect(line({ reportedModel: name })).toMatchObject({
        answered: target,
        reportedModel: name,
        priceId: "price-large",
        marks: [],
      });
    },
  );

  it("is the one asked for when both names have the same price", () => {
    const alias = { ...large, id: "price-alias" };
    const book = {
      version: "v",
      prices: [large],
      find: () => large,
    };
    expect(line({ reportedModel: "large-eu", book }).answered).toEqual(target);
    expect(line({ reportedModel: "large-eu" }, [large, { ...alias, model: "large-eu" }]).marks).toEqual([
      "model-differs",
    ]);
  });

  it("is the one asked for when its dated edition is listed at the same figures", () => {
    const dated = { ...large, id: "price-dated", model: "large-2024-05-13" };
    expect(line({ reportedModel: "large-2024-05-13" }, [large, dated])).toMatchObject({
      answered: target,
      priceId: "price-dated",
      costPico: 130n,
      marks: [],
    });
    const withFee = { ...dated, fees: { webSearch: 1n } };
    expect(line({ reportedModel: "large-2024-05-13" }, [large, withFee]).marks).toEqual(["model-differs"]);
  });

  it("is a dated edition of its own where that has a price of its own", () => {
    const dated = { ...small, id: "price-dated", model: "large-2024-05-13" };
    expect(line({ reportedModel: "large-2024-05-13" }, [large, dated])).toMatchObject({
      answered: { provider: "acme", model: "large-2024-05-13" },
      priceId: "price-dated",
      costPico: 13n,
      marks: ["model-differs"],
    });
  });

  it("is another that answered, at its own price, marked", () => {
    expect(line({ reportedModel: "small" })).toMatchObject({
      requested: target,
      answered: { provider: "acme", model: "small" },
      costPico: 13n,
      priceId: "price-small",
      marks: ["model-differs"],
    });
  });

  it.each([
    "huge",
    "largest",
    "large-latest",
    "large-202",
    "large-20261",
    "large-mini",
    "large-2026-1-31",
    "a-large-0613",
    "large-0613x",
  ])("is %s where that answers and has no price: priced as the one asked for, marked", (name) => {
    expect(line({ reportedModel: name })).toMatchObject({
      answered: { provider: "acme", model: name },
      costPico: 130n,
      priceId: "price-large",
      marks: ["model-differs", "priced-as-requested"],
    });
  });

  it("is never marked as priced where nothing was there to price it by (R6)", () => {
    expect(line({ reportedModel: "huge" }, [small])).toMatchObject({
      costPico: null,
      priceId: null,
      unpricedReason: "no price for acme/huge at that time",
      marks: ["model-differs"],
    });
  });
});

describe("a line without a price", () => {
  it("has no cost and no charge, and says why; never 0 (R6)", () => {
    expect(line({}, [small])).toMatchObject({
      source: "measured",
      usage,
      costPico: null,
      unpricedReason: "no price for acme/large at that time",
      costItems: [],
      priceId: null,
      chargePico: null,
      chargeVersion: null,
      atMostPico: null,
      marks: [],
    });
  });

  it("is one whose price lacks a rate that is needed", () => {
    const facts = { ...nothing, outcome: "ok", usage: usageOf({ input: 1, cacheWrite1h: 1 }) } as const;
    expect(line({ facts })).toMatchObject({
      costPico: null,
      unpricedReason: "price price-large has no rate for cacheWrite1h",
      priceId: null,
    });
  });

  it("costs 0 all the same where nothing was used, because nothing times anything is nothing", () => {
    expect(line({ facts: nothing }, [small])).toMatchObject({
      costPico: 0n,
      chargePico: 0n,
      unpricedReason: null,
      priceId: "nothing-used",
      costItems: [],
    });
    const facts = { ...nothing, usage: { ...usageOf({}), fees: { webSearch: 0 } } };
    expect(line({ facts }, [small])).toMatchObject({ costPico: 0n, unpricedReason: null });
  });

  it("is unpriced when only a fee was used", () => {
    const facts = { ...nothing, usage: { ...usageOf({}), fees: { webSearch: 1 } } };
    expect(line({ facts }, [small])).toMatchObject({
      costPico: null,
      unpricedReason: "no price for acme/large at that time",
    });
  });
});

describe("a line of nothing used", () => {
  it("costs 0 by the price in force", () => {
    expect(line({ facts: nothing, status: 429 })).toMatchObject({
      outcome: "refused",
      source: "measured",
      costPico: 0n,
      priceId: "price-large",
      chargePico: 0n,
      status: 429,
      marks: [],
    });
  });
});

describe("a line of unknown usage", () => {
  it("has no cost and no charge, and the most it can be", () => {
    expect(line({ facts: unknown })).toMatchObject({
      outcome: "timeout",
      source: "unknown",
      usage: null,
      costPico: null,
      unpricedReason: null,
      costItems: [],
      priceId: null,
      atMostPico: 900n,
      chargePico: null,
      chargeVersion: null,
      marks: [],
    });
  });

  it("has no most where the attempt had no bound", () => {
    expect(line({ facts: unknown, intent: anIntent({ target, atMostPico: null }), holdPico: null })).toMatchObject({
      atMostPico: null,
      holdPico: null,
    });
  });
});

describe("a line dearer than its hold", () => {
  it.each([
    [131n, []],
    [130n, []],
    [129n, ["hold-exceeded"]],
    [0n, ["hold-exceeded"]],
    [null, []],
  ])("of 130 pico-USD with a hold of %s is marked %j", (holdPico, marks) => {
    expect(line({ holdPico })).toMatchObject({ holdPico, marks });
  });

  it("has this mark besides others", () => {
    expect(line({ holdPico: 1n, reportedModel: "huge" }).marks).toEqual([
      "model-differs",
      "priced-as-requested",
      "hold-exceeded",
    ]);
  });
});

describe("a line's charge", () => {
  it.each([
    // 1.5, 4.5, 7.5 and 10.5: halves go to the even neighbour.
    [1n, 500_000n, 2n],
    [3n, 500_000n, 4n],
    [5n, 500_000n, 8n],
    [7n, 500_000n, 10n],
    [10n, 200_000n, 12n],
  ])("for a cost of %d at a markup of %d ppm is %d: rounded once, half-even", (cost, markupPpm, charge) => {
    const price = aPrice({ ...target, rates: { input: 1n } });
    const facts = { ...nothing, outcome: "ok", usage: usageOf({ input: Number(cost) }) } as const;
    const policy = { kind: "markup", version: "markup-x", markupPpm } as const;
    expect(line({ facts, charge: policy }, [price])).toMatchObject({
      costPico: cost,
      chargePico: charge,
      chargeVersion: "markup-x",
    });
  });
});
