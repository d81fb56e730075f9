import { expect, it } from "vitest";
import { aPrice, aPriceBook } from "../testing/builders.ts";
import { offeredPrices } from "./offered-prices.ts";

it("has each model's price in force once, a tenant's own before everybody's, and none where there is none", () => {
  const ref = { provider: "example", model: "small" };
  const general = aPrice({ ...ref, id: "general" });
  const own = aPrice({ ...ref, id: "own", tenantId: "acme" });
  const past = aPrice({ provider: "example", model: "old", id: "past", to: 5 });
  const book = aPriceBook([general, own, past]);
  const routes = [
    [ref, { provider: "example", model: "old" }],
    [ref, { provider: "example", model: "free" }],
  ];
  const ids = (tenantId?: string, at = 10): readonly string[] =>
    offeredPrices(book, routes, at, tenantId).map(({ id }) => id);
  expect(ids()).toEqual(["general"]);
  expect(ids("acme")).toEqual(["own"]);
  expect(ids("other")).toEqual(["general"]);
  expect(ids(undefined, 1)).toEqual(["general", "past"]);
});
