import type { Denial } from "../limits/denial.ts";
import type { WindowState } from "../ports/limit-store.port.ts";
import type { Policy } from "../tenancy/tenant.ts";

type Headers = Readonly<Record<string, string>>;

/**
 * Where a tenant's windows stand: the IETF's fields
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/) with every window, and those that vendors'
 * clients know with the tightest of each kind (https://developers.openai.com/api/docs/guides/rate-limits).
 */
export function rateHeaders(windows: readonly WindowState[], nowMs: number): Headers {
  if (windows.length === 0) return {};
  return {
    "ratelimit-policy": windows
      .map(({ limitId, capacity, windowMs, metric }) => {
        const unit = metric === "tokens" ? ';qu="tokens"' : "";
        return `${quoted(limitId)};q=${capacity}${unit};w=${Math.ceil(windowMs / 1000)}`;
      })
      .join(", "),
    ratelimit: windows
      .map(({ limitId, remaining, resetAt }) => `${quoted(limitId)};r=${remaining};t=${secondsUntil(resetAt, nowMs)}`)
      .join(", "),
    ...vendorHeaders(windows, "calls", "requests", nowMs),
    ...vendorHeaders(windows, "tokens", "tokens", nowMs),
  };
}

/** The same for a call that a window refused; of the others nothing is known. */
export function deniedRateHeaders(denial: Denial, policy: Policy | null, nowMs: number): Headers {
  const limit = policy?.limits.find(({ id }) => id === denial.limitId);
  if (limit === undefined) return {};
  const resetAt = denial.resetAt ?? nowMs + limit.windowMs;
  const remaining = typeof denial.remaining === "number" ? Math.max(0, denial.remaining) : 0;
  const { id: limitId, metric, capacity, windowMs } = limit;
  return rateHeaders([{ limitId, metric, capacity, windowMs, remaining, resetAt }], nowMs);
}

function vendorHeaders(
  windows: readonly WindowState[],
  metric: WindowState["metric"],
  name: string,
  nowMs: number,
): Headers {
  let tightest: WindowState | null = null;
  for (const one of windows) {
    if (one.metric === metric && (tightest === null || one.remaining < tightest.remaining)) tightest = one;
  }
  if (tightest === null) return {};
  return {
    [`x-ratelimit-limit-${name}`]: String(tightest.capacity),
    [`x-ratelimit-remaining-${name}`]: String(tightest.remaining),
    [`x-ratelimit-reset-${name}`]: vendorDuration(tightest.resetAt - nowMs),
  };
}

function secondsUntil(at: number, nowMs: number): number {
  return Math.max(0, Math.ceil((at - nowMs) / 1000));
}

/** `1h2m3s`, `6m0s`, `1s`, `20ms`. */
function vendorDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.ceil(ms))}ms`;
  const seconds = Math.ceil(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const parts = [hours > 0 ? `${hours}h` : "", hours > 0 || minutes > 0 ? `${minutes}m` : "", `${seconds % 60}s`];
  return parts.join("");
}

const plainText = /^[ !#-[\]-~]*$/;

/** A structured-field string: visible ASCII only. */
function quoted(text: string): string {
  if (plainText.test(text)) return `"${text}"`;
  return `"${text.replaceAll(/[^\u0020-\u007e]/g, "?").replaceAll(/["\\]/g, "\\$&")}"`;
}
