import { isIP } from "node:net";

/** Whether a request's `Host` is one of ours. */
export type HostCheck = (host: string | undefined) => boolean;

/**
 * Keeps a page in a browser from reaching us under a name its owner points at this machine (DNS rebinding). Addresses
 * cannot be rebound, so they pass; names pass when they are listed, `localhost` always. `*` in the list lets all pass.
 */
export function createHostCheck(allowed: readonly string[]): HostCheck {
  const names = new Set(["localhost", ...allowed.map((name) => name.trim().toLowerCase())]);
  if (names.has("*")) return () => true;
  return (host) => {
    if (host === undefined) return true;
    const name = nameIn(host.toLowerCase());
    return names.has(name) || isIP(name.replace(/^\[|\]$/g, "")) !== 0;
  };
}

function nameIn(host: string): string {
  const end = host.startsWith("[") ? host.indexOf("]") + 1 : host.indexOf(":");
  return end <= 0 ? host : host.slice(0, end);
}
