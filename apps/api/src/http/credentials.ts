import type { IncomingHttpHeaders } from "node:http";

/**
 * The key of a request, in either vendor's style: `Authorization: Bearer` or `x-api-key`. Null without one. Where both
 * are there the first counts: a client library that sends a default in the other must not decide.
 */
export function keyOf(headers: IncomingHttpHeaders): string | null {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const bearer = /^Bearer +(\S+)\s*$/i.exec(authorization)?.[1];
    if (bearer !== undefined) return bearer;
  }
  const apiKey = headers["x-api-key"];
  return typeof apiKey === "string" && apiKey !== "" ? apiKey : null;
}

/**
 * The key of a request that may send it in both styles, as exporters of traces do. Two that differ are none: which of
 * them decides whose spans these are must not depend on who reads the request.
 */
export function onlyKeyOf(headers: IncomingHttpHeaders): { readonly secret: string | null; readonly isTwo: boolean } {
  const { authorization } = headers;
  const bearer = keyOf(authorization === undefined ? {} : { authorization });
  const apiKey = keyOf(headers["x-api-key"] === undefined ? {} : { "x-api-key": headers["x-api-key"] });
  const isTwo = bearer !== null && apiKey !== null && bearer !== apiKey;
  return { secret: isTwo ? null : (bearer ?? apiKey), isTwo };
}
