import type { CallInput } from "@tenantry/core";

/** For whom calls are made. What is named here holds; headers and bodies can only add to it (R4). */
export interface CallScope extends Pick<
  CallInput,
  "tenantId" | "userId" | "sessionId" | "feature" | "features" | "keyId" | "timeoutMs" | "traceparent"
> {}

/**
 * The scope, narrowed by what one request says of itself: `x-tenantry-user`, `x-tenantry-session`, `x-tenantry-feature`,
 * and last the end user its body names. Who the tenant is, is no header's to say.
 */
export function narrowScope(scope: CallScope, headers: Headers, bodyUserId: string | null): CallScope {
  const userId = scope.userId ?? textOf(headers, "x-tenantry-user") ?? bodyUserId;
  const sessionId = scope.sessionId ?? textOf(headers, "x-tenantry-session");
  const feature = scope.feature ?? textOf(headers, "x-tenantry-feature");
  return {
    ...scope,
    ...(userId === null ? {} : { userId }),
    ...(sessionId === null ? {} : { sessionId }),
    ...(feature === null ? {} : { feature }),
  };
}

/** Empty is absent. */
function textOf(headers: Headers, name: string): string | null {
  return headers.get(name) || null;
}
