import { isIP } from "node:net";
import { type Issue, TenantryError } from "@tenantry/core";
import type { DataPlaneOptions } from "../data-plane/ports.ts";
import type { GateLimits } from "../operations/gate.ts";
import type { ServerOptions } from "../server.ts";

/** One tenant may hold so much of the room for bodies: one part of this many. */
const heldShare = 4;

export type Env = Readonly<Record<string, string | undefined>>;

/** How the server is run: what the environment says, and a default for the rest. */
export interface Settings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Longest that running calls may take to end when the server is told to stop. */
  readonly drainMs: number;
  readonly gate: GateLimits;
  readonly dataPlane: DataPlaneOptions;
  readonly server: ServerOptions;
}

/**
 * @throws TenantryError `invalid_configuration` with every problem, also when it is to be reachable from outside
 *   without an admin key that an operator chose.
 */
export function readSettings(env: Env): Settings {
  const issues: Issue[] = [];
  const whole = (name: string, fallback: number, least: number, most: number): number => {
    const text = env[name]?.trim() ?? "";
    if (text === "") return fallback;
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    issues.push({ path: name, message: `must be a whole number from ${least} to ${most}` });
    return fallback;
  };
  const host = env["HOST"]?.trim() || "127.0.0.1";
  if (!isLoopback(host) && (env["TENANTRY_ADMIN_KEY"] ?? "") === "") {
    issues.push({ path: "HOST", message: `${host} can be reached from outside, which needs TENANTRY_ADMIN_KEY` });
  }
  const keptSeconds = whole("TENANTRY_ANSWERS_KEPT_SECONDS", 600, 0, 86_400);
  const bodyBytes = whole("TENANTRY_MAX_BODY_BYTES", 10_000_000, 1_000, 1_000_000_000);
  const heldBytes = whole("TENANTRY_MAX_HELD_BODY_BYTES", 200_000_000, 1_000, 100_000_000_000);
  const settings: Settings = {
    host,
    port: whole("PORT", 8787, 0, 65_535),
    drainMs: whole("TENANTRY_DRAIN_SECONDS", 30, 0, 3_600) * 1000,
    gate: {
      inFlight: whole("TENANTRY_MAX_IN_FLIGHT", 2_000, 1, 1_000_000),
      inFlightPerTenant: whole("TENANTRY_MAX_IN_FLIGHT_PER_TENANT", 500, 1, 1_000_000),
      streamsPerTenant: whole("TENANTRY_MAX_STREAMS_PER_TENANT", 500, 1, 1_000_000),
      bodyBytes: Math.max(heldBytes, bodyBytes),
      bodyBytesPerTenant: Math.max(Math.floor(heldBytes / heldShare), bodyBytes),
    },
    dataPlane: {
      body: {
        bytes: bodyBytes,
        shape: { depth: 128, members: 256, values: 100_000 },
      },
      stallMs: 60_000,
      keysRememberedMs: 86_400_000,
      answersKeptMs: keptSeconds * 1000,
      keptBytes: 4_000_000,
      tokenCountsPerMinute: whole("TENANTRY_TOKEN_COUNTS_PER_MINUTE", 300, 1, 1_000_000),
    },
    server: {
      allowedHosts: [host, ...(env["TENANTRY_ALLOWED_HOSTS"] ?? "").split(",").filter((name) => name.trim() !== "")],
      headerBytes: 32_768,
      headersMs: 15_000,
      requestMs: 120_000,
      idleMs: 75_000,
      connections: 20_000,
    },
  };
  if (issues.length > 0) throw TenantryError.invalidConfiguration(issues);
  return settings;
}

function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}
