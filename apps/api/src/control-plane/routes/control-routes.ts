import type { ControlRoute } from "../control-route.ts";
import { budgetRoutes } from "./budget-routes.ts";
import { callRoutes } from "./call-routes.ts";
import { createDocumentRoutes } from "./document-routes.ts";
import { keyRoutes } from "./key-routes.ts";
import { meRoutes } from "./me-routes.ts";
import { netraRoutes } from "./netra-routes.ts";
import { priceEditionRoutes } from "./price-edition-routes.ts";
import { priceRoutes } from "./price-routes.ts";
import { tenantRoutes } from "./tenant-routes.ts";
import { tierRoutes } from "./tier-routes.ts";
import { usageRoutes } from "./usage-routes.ts";

/** Every route of the control plane, in the order in which they are documented. */
export const controlRoutes: readonly ControlRoute[] = [
  ...meRoutes,
  ...usageRoutes,
  ...callRoutes,
  ...tenantRoutes,
  ...budgetRoutes,
  ...tierRoutes,
  ...keyRoutes,
  ...priceRoutes,
  ...priceEditionRoutes,
  ...netraRoutes,
  ...createDocumentRoutes(() => controlRoutes),
];
