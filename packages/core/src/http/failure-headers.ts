import type { HttpFailure } from "./http-failure.ts";

/**
 * What a failure says in headers. Whole seconds, rounded up, as https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 * has it, and the two that the vendors' own clients read first; `x-tenantry-wait-for` says what waiting would be for.
 */
export function failureHeaders(failure: HttpFailure): Readonly<Record<string, string>> {
  const { retryAfterMs, shouldRetry, limit } = failure;
  return {
    ...(retryAfterMs === null
      ? {}
      : {
          "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))),
          "retry-after-ms": String(Math.max(1, Math.ceil(retryAfterMs))),
        }),
    ...(limit === undefined ? {} : { "x-tenantry-wait-for": limit.waitFor ?? "nothing" }),
    ...(shouldRetry === null ? {} : { "x-should-retry": String(shouldRetry) }),
    ...(failure.status === 401 ? { "www-authenticate": 'Bearer realm="tenantry"' } : {}),
  };
}
