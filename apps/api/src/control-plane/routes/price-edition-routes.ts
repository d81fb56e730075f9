import { formatInstant, priceStatusView } from "@tenantry/core";
import { z } from "@hono/zod-openapi";
import { type Answer, type ControlRoute, defineRoute, jsonAnswer, ok } from "../control-route.ts";
import type { ControlPlanePorts } from "../ports.ts";
import { editionListSchema, priceStatusSchema } from "../schemas/price-schemas.ts";

const versionParams = z.object({
  version: z
    .string()
    .regex(/^\d{1,9}$/, "must be the number of an edition, or 0 for none")
    .openapi({ description: "Version of an edition; 0 is the book without any.", example: "3" }),
});

export const priceEditionRoutes: readonly ControlRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/v1/price-editions",
    access: "admin",
    operationId: "listPriceEditions",
    tag: "Prices",
    summary: "Imported editions of the price book, newest first, and what is in force",
    description: "`tenantry prices import` records them.",
    answer: jsonAnswer(200, "All editions.", editionListSchema),
    serve: async (ports) => {
      const rows = (await ports.editions.list()).map((edition) => ({
        ...edition,
        recordedAt: formatInstant(edition.recordedAt),
      }));
      return ok({ inForce: statusOf(ports), rows });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/price-editions/{version}/pin",
    access: "admin",
    operationId: "pinPriceEdition",
    tag: "Prices",
    summary: "Keep an edition in force whatever is imported",
    description: "Every process follows within a second. Past lines keep the prices they were made with.",
    params: versionParams,
    answer: jsonAnswer(200, "What is in force now.", priceStatusSchema),
    refusals: [404],
    serve: async (ports, { params: { version } }) => await pin(ports, Number(version)),
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/v1/price-editions/pin",
    access: "admin",
    operationId: "unpinPriceEdition",
    tag: "Prices",
    summary: "Put the latest edition in force again",
    answer: jsonAnswer(200, "What is in force now.", priceStatusSchema),
    serve: async (ports) => await pin(ports, null),
  }),
];

async function pin(ports: ControlPlanePorts, version: number | null): Promise<Answer> {
  await ports.editions.pin(version);
  await ports.prices.refresh();
  return ok(statusOf(ports));
}

function statusOf({ prices, clock }: ControlPlanePorts): ReturnType<typeof priceStatusView> {
  return priceStatusView(prices.status(), clock.now());
}
