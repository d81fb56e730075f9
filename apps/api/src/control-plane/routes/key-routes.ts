import { formatInstant, issuedKeyView, type Key, keyView, TenantryError } from "@tenantry/core";
import { z } from "@hono/zod-openapi";
import { type Reader, scopeFor } from "../caller.ts";
import { type Answer, type ControlRoute, defineRoute, jsonAnswer, ok } from "../control-route.ts";
import { pageOf } from "../paging.ts";
import type { ControlPlanePorts } from "../ports.ts";
import { cursorField, idField, limitField, tenantFilter } from "../schemas/fields.ts";
import { issuedKeySchema, keyPageSchema, keySchema, newKeySchema, rotationSchema } from "../schemas/key-schemas.ts";
import { requireTenant } from "./usage-routes.ts";

const keyParams = z.object({ keyId: idField("Id of the key.") });

export const keyRoutes: readonly ControlRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/v1/keys",
    access: "tenant",
    operationId: "listKeys",
    tag: "Keys",
    summary: "Keys, oldest first, without their secrets",
    description: "Ended keys are among them. A tenant's key sees its own tenant's keys alone.",
    query: z.strictObject({ tenantId: tenantFilter, cursor: cursorField, limit: limitField }),
    answer: jsonAnswer(200, "A page of keys.", keyPageSchema),
    refusals: [404],
    serve: async (ports, { caller, query }) => {
      const scope = scopeFor(caller, query.tenantId);
      const tenantId = scope.kind === "tenant" ? scope.tenantId : query.tenantId;
      const keys = await ports.keys.list(tenantId);
      if (keys.length === 0) await requireTenant(ports, tenantId);
      const page = pageOf("keys", keys, ({ createdAt, id }) => `${formatInstant(createdAt)} ${id}`, query);
      return ok({ ...page, rows: page.rows.map(keyView) });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/keys",
    access: "admin",
    operationId: "createKey",
    tag: "Keys",
    summary: "Make a key",
    description: "Its secret is in this answer and can never be had again.",
    body: newKeySchema,
    answer: jsonAnswer(201, "The key with its secret.", issuedKeySchema),
    refusals: [404],
    serve: async (ports, { body: { scope = "tenant", tenantId = null, name } }) => {
      const issued = await ports.keys.create({ scope, tenantId, ...(name === undefined ? {} : { name }) });
      return created(issuedKeyView(issued));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/keys/{keyId}",
    access: "tenant",
    operationId: "getKey",
    tag: "Keys",
    summary: "One key, without its secret",
    params: keyParams,
    answer: jsonAnswer(200, "The key.", keySchema),
    refusals: [404],
    serve: async (ports, { caller, params: { keyId } }) => ok(keyView(await findKey(ports, caller, keyId))),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/keys/{keyId}/rotate",
    access: "admin",
    operationId: "rotateKey",
    tag: "Keys",
    summary: "Replace a key by a new one of the same kind",
    description: "The old key works on for `graceMs`. One that was rotated or revoked before is a 409.",
    params: keyParams,
    body: rotationSchema,
    bodyOptional: true,
    answer: jsonAnswer(201, "The new key with its secret.", issuedKeySchema),
    refusals: [404, 409],
    serve: async (ports, { params: { keyId }, body: { graceMs = 0 } }) =>
      created(issuedKeyView(await ports.keys.rotate(keyId, { graceMs }))),
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/v1/keys/{keyId}",
    access: "admin",
    operationId: "revokeKey",
    tag: "Keys",
    summary: "End a key",
    description: "It stops working everywhere within a second. It stays in the list; repeating this changes nothing.",
    params: keyParams,
    answer: jsonAnswer(200, "The key as it is now.", keySchema),
    refusals: [404],
    serve: async (ports, { params: { keyId } }) => ok(keyView(await ports.keys.revoke(keyId))),
  }),
];

function created(view: { readonly id: string }): Answer {
  return { status: 201, headers: { location: `/api/v1/keys/${view.id}` }, body: view };
}

async function findKey(ports: ControlPlanePorts, caller: Reader, keyId: string): Promise<Key> {
  const key = await ports.keys.find(keyId);
  const isSeen = key !== null && (caller.kind === "admin" || key.tenantId === caller.tenant.id);
  if (isSeen) return key;
  throw new TenantryError("not_found", `there is no key ${JSON.stringify(keyId)}`);
}
