import {
  callDetailView,
  type CallDetail,
  type CallQuery,
  callRowView,
  explanationView,
  formatInstant,
  lineView,
  parseUsd,
  TenantryError,
  tokensOf,
  type Usage,
} from "@tenantry/core";
import { z } from "@hono/zod-openapi";
import { type Reader, scopeFor } from "../caller.ts";
import { type ControlRoute, defineRoute, jsonAnswer, ok } from "../control-route.ts";
import type { ControlPlanePorts } from "../ports.ts";
import { readPeriod } from "../read-period.ts";
import {
  callDetailSchema,
  callPageSchema,
  explanationSchema,
  settledSchema,
  settlementSchema,
} from "../schemas/call-schemas.ts";
import { cursorField, idField, limitField, periodFields, tenantFilter } from "../schemas/fields.ts";
import { requireTenant } from "./usage-routes.ts";

const listQuery = z.strictObject({
  ...periodFields,
  tenantId: tenantFilter,
  sessionId: idField("Only this session.").optional(),
  cursor: cursorField,
  limit: limitField,
});
const callParams = z.object({ callId: idField("Id of the call; the header x-tenantry-call-id of its answer.") });
const attemptParams = callParams.extend({ attemptId: idField("Id of the attempt.") });
const explainQuery = z.strictObject({
  format: z.enum(["json", "text"]).optional().openapi({ description: "Default: what `accept` asks for, else json." }),
});

export const callRoutes: readonly ControlRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/v1/calls",
    access: "tenant",
    operationId: "listCalls",
    tag: "Calls",
    summary: "Calls, newest first",
    description: "Calls in flight are not among them.",
    query: listQuery,
    answer: jsonAnswer(200, "A page of calls.", callPageSchema),
    refusals: [404],
    serve: async (ports, { caller, query }) => {
      const { tenantId, sessionId, cursor, limit } = query;
      const scope = scopeFor(caller, tenantId);
      const { period } = readPeriod(ports, caller, query);
      const asked: CallQuery = {
        period,
        limit,
        ...(tenantId === undefined ? {} : { tenantId }),
        ...(sessionId === undefined ? {} : { sessionId }),
        ...(cursor === undefined ? {} : { cursor }),
      };
      const { calls, lines, nextCursor } = await ports.reader.calls(scope, asked);
      if (calls.length === 0) await requireTenant(ports, tenantId);
      const rows = calls.map((call, index) => callRowView(call, { lines: lines[index] ?? [] }, caller));
      return ok({ from: formatInstant(period.from), to: formatInstant(period.to), rows, nextCursor });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/calls/{callId}",
    access: "tenant",
    operationId: "getCall",
    tag: "Calls",
    summary: "One call with its attempts",
    description: "A stream's cost and charge stand here once it has ended.",
    params: callParams,
    answer: jsonAnswer(200, "The call.", callDetailSchema),
    refusals: [404],
    serve: async (ports, { caller, params: { callId } }) =>
      ok(callDetailView(callId, await findCall(ports, caller, callId), caller)),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/calls/{callId}/explain",
    access: "tenant",
    operationId: "explainCall",
    tag: "Calls",
    summary: "How a call's cost came about, to be checked by hand",
    params: callParams,
    query: explainQuery,
    answer: {
      status: 200,
      description: "The derivation, as data or as text.",
      content: { "application/json": explanationSchema, "text/plain": z.string() },
    },
    refusals: [404],
    serve: async (ports, { caller, params: { callId }, query, accept }) => {
      const explanation = explanationView(callId, await findCall(ports, caller, callId), caller);
      const isText = query.format === undefined ? prefersText(accept) : query.format === "text";
      if (!isText) return ok(explanation);
      return { status: 200, type: "text/plain; charset=utf-8", body: `${explanation.text.join("\n")}\n` };
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/calls/{callId}/attempts/{attemptId}/settle",
    access: "admin",
    operationId: "settleAttempt",
    tag: "Calls",
    summary: "Say what an attempt used or cost, where the ledger does not know it",
    description:
      "Appends a line that takes the place of the one in force, and gives its budgets back what was held too much. Measured beats estimated beats unknown, among equals the higher cost; `replaces` names a line that is wrong. Repeating it changes nothing.",
    params: attemptParams,
    body: settlementSchema,
    answer: jsonAnswer(200, "The line in force, and whether it is new.", settledSchema),
    refusals: [404, 409],
    serve: async (ports, { caller, params, body }) => {
      const { costUsd, usage, source = "measured", replaces = null, reportedBy = `admin:${caller.keyId}` } = body;
      const cost = costUsd === undefined ? null : parseUsd(costUsd);
      const result = await ports.settleAttempt({
        ...params,
        source,
        replaces,
        reportedBy,
        usage: usage === undefined ? null : usageIn(usage),
        costPico: cost?.ok === true ? cost.pico : null,
      });
      const because = result.kind === "unchanged" ? result.because : null;
      return ok({ result: result.kind, because, attempt: lineView(result.line, caller) });
    },
  }),
];

type UsageIn = NonNullable<z.output<typeof settlementSchema>["usage"]>;

function usageIn({ tokens, fees = {}, serviceTier = "standard" }: UsageIn): Usage {
  return { tokens: tokensOf(tokens), fees, serviceTier };
}

/** @throws TenantryError `not_found`, for another tenant's call exactly as for one that does not exist. */
async function findCall(ports: ControlPlanePorts, caller: Reader, callId: string): Promise<CallDetail> {
  const detail = await ports.reader.call(caller.scope, callId);
  if (detail !== null) return detail;
  throw new TenantryError("not_found", `there is no call ${JSON.stringify(callId)}`);
}

/** Whether text is named, and JSON is not. */
function prefersText(accept: string): boolean {
  return /\btext\/plain\b/i.test(accept) && !/\bapplication\/json\b/i.test(accept);
}
