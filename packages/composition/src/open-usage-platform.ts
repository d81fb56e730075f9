import { TenantryError, type UsagePlatform } from "@tenantry/core";
import type { Config } from "./config.ts";

/** Telemetry platforms that can be asked for what they counted. */
export const usagePlatforms = ["netra"] as const;

export type UsagePlatformName = (typeof usagePlatforms)[number];

/**
 * The platform spans are sent to, for questions.
 *
 * @throws TenantryError `invalid_configuration` where it is not configured, or its key is missing.
 */
export async function openUsagePlatform(config: Config, name: UsagePlatformName): Promise<UsagePlatform> {
  switch (name) {
    case "netra": {
      if (config.netra === null) {
        const message = "is missing: set NETRA_OTLP_ENDPOINT and NETRA_API_KEY, or telemetry.netra in the file";
        throw TenantryError.invalidConfiguration([{ path: "telemetry.netra", message }]);
      }
      const { createNetraUsage } = await import("@tenantry/adapters-telemetry-netra");
      return createNetraUsage(config.netra);
    }
  }
}
