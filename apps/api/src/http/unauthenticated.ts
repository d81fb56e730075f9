import { type HttpFailure, httpFailure } from "@tenantry/core";

export const unauthenticated: HttpFailure = httpFailure(
  401,
  "unauthenticated",
  "no valid key; send a tenant's key as Authorization: Bearer or as x-api-key",
);
