/**
 * Where spans are posted: the endpoint's path, without a trailing slash, and `/v1/traces` unless it is already there.
 * A text instead of a URL says what is wrong with the endpoint.
 *
 * The SDK drops a query and then puts the suffix in the wrong place, and fails without a word when the scheme is
 * missing; here both are refused.
 */
export function toTracesUrl(endpoint: unknown): URL | string {
  if (typeof endpoint !== "string" || endpoint.trim() === "") {
    return "is missing: set it to the OTLP endpoint, such as https://api.getnetra.ai/telemetry (NETRA_OTLP_ENDPOINT)";
  }
  const url = URL.parse(endpoint.trim());
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    return "must be a URL that starts with https:// or http://";
  }
  if (url.username !== "" || url.password !== "") return "must not contain a user name or password; use headers";
  if (url.search !== "" || url.hash !== "") return "must not have a query or a fragment";
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = path.endsWith("/v1/traces") ? path : `${path}/v1/traces`;
  return url;
}
