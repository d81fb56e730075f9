import {
  formatModelRef,
  type HttpFailure,
  type ModelRef,
  offeredPrices,
  type Price,
  priceFigures,
  priceStatusView,
  priceView,
  TenantryError,
} from "@tenantry/core";
import { z } from "@hono/zod-openapi";
import { forbidden, type Reader } from "../caller.ts";
import { type ControlRoute, defineRoute, jsonAnswer, ok } from "../control-route.ts";
import { pageOf } from "../paging.ts";
import type { ControlPlanePorts } from "../ports.ts";
import { cursorField, idField, limitField } from "../schemas/fields.ts";
import { priceDetailSchema, pricePageSchema } from "../schemas/price-schemas.ts";

const seenBy =
  "What providers bill: for admin keys, and for tenants whose tier shows cost; these see their own models' prices.";

export const priceRoutes: readonly ControlRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/v1/prices",
    access: "tenant",
    operationId: "listPrices",
    tag: "Prices",
    summary: "Prices in force of the tiers' models, by model",
    description: `${seenBy} Ledger lines name the price they were made with.`,
    query: z.strictObject({
      all: z
        .enum(["true", "false"])
        .optional()
        .openapi({ description: "Every price of the book, past and future ones too. Only for admin keys." }),
      cursor: cursorField,
      limit: limitField,
    }),
    answer: jsonAnswer(200, "A page of the price book.", pricePageSchema),
    serve: async (ports, { caller, query }) => {
      const book = ports.prices.current();
      const isAll = query.all === "true";
      if (isAll && caller.kind !== "admin") return forbidden("all prices need an admin key");
      const prices = isAll ? book.prices : visiblePrices(ports, caller);
      if ("code" in prices) return prices;
      const page = pageOf("prices", prices, (price) => `${formatModelRef(price)} ${price.id}`, query);
      const status = priceStatusView(ports.prices.status(), ports.clock.now());
      const rows = page.rows.map(priceView);
      return ok({ ...status, unit: "USD per million tokens", ...page, rows });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/prices/{provider}/{model}",
    access: "tenant",
    operationId: "getPrice",
    tag: "Prices",
    summary: "Every figure of one model's price now",
    description: seenBy,
    params: z.object({
      provider: idField("The provider.", "openai"),
      model: idField("The model; it may hold slashes.", "gpt-4o-mini"),
    }),
    answer: jsonAnswer(200, "The price.", priceDetailSchema),
    refusals: [404],
    serve: async (ports, { caller, params }) => {
      const price = findPrice(ports, caller, params);
      if (price !== null && "code" in price) return price;
      if (price === null)
        throw new TenantryError("not_found", `there is no price of ${JSON.stringify(formatModelRef(params))}`);
      const { model, priceId, source, from, to } = priceView(price);
      return ok({ model, priceId, source, from, to, rows: priceFigures(price) });
    },
  }),
];

function findPrice(ports: ControlPlanePorts, caller: Reader, ref: ModelRef): Price | HttpFailure | null {
  if (caller.kind === "admin") return ports.prices.current().find(ref, ports.clock.now());
  const prices = visiblePrices(ports, caller);
  if ("code" in prices) return prices;
  return prices.find(({ provider, model }) => provider === ref.provider && model === ref.model) ?? null;
}

/** A refusal where cost may not be seen. */
function visiblePrices(
  { prices, clock, catalogue }: ControlPlanePorts,
  caller: Reader,
): readonly Price[] | HttpFailure {
  const book = prices.current();
  const now = clock.now();
  if (caller.kind === "admin")
    return offeredPrices(
      book,
      [...catalogue.tiers.values()].map(({ route }) => route),
      now,
    );
  if (!caller.showCost || caller.policy === null)
    return forbidden("this tenant's tier does not show what providers bill");
  return offeredPrices(book, [caller.policy.route], now, caller.tenant.id);
}
