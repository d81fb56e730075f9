import { httpFailure, type ModelRef, type Policy, requestIds } from "@tenantry/core";
import { sendJson } from "../http/send.ts";
import { type Incoming, refuse } from "./incoming.ts";
import type { DataPlanePorts, Providers } from "./ports.ts";

/** Both vendors ask for a date of release; Anthropic names the epoch for one that is not known. */
const epoch = "1970-01-01T00:00:00Z";

/** `GET /v1/models` and `GET /v1/models/{id}`: what the tenant's tier allows and somebody connected, in the caller's form. */
export async function listModels(ports: DataPlanePorts, incoming: Incoming, asked: string | null): Promise<void> {
  const policy = await ports.tenantry.policyOf(incoming.who.tenantId);
  if (policy === null) return refuse(incoming, httpFailure(401, "unauthenticated", "the tenant of this key is gone"));
  const models = usableModels(policy, ports.providers);
  const isAnthropic = incoming.req.headers["anthropic-version"] !== undefined;
  const headers = requestIds(`req_${ports.ids.next("call").slice("call_".length)}`);
  if (asked !== null) {
    const found = models.find(({ provider, model }) => model === asked || `${provider}/${model}` === asked);
    if (found === undefined) {
      return refuse(incoming, httpFailure(404, "not_found", "the tier has no such model", { param: "model" }));
    }
    return sendJson(incoming.res, 200, headers, isAnthropic ? anthropicModel(found) : openaiModel(found));
  }
  sendJson(incoming.res, 200, headers, isAnthropic ? anthropicList(models) : openaiList(models));
}

function usableModels(policy: Policy, { relays, models }: Providers): readonly ModelRef[] {
  const connected = new Set([...models.keys(), ...relays.map(({ provider }) => provider)]);
  const seen = new Set<string>();
  return policy.route.filter(({ provider, model }) => {
    if (!connected.has(provider) || seen.has(model)) return false;
    seen.add(model);
    return true;
  });
}

function openaiModel({ provider, model }: ModelRef): object {
  return { id: model, object: "model", created: 0, owned_by: provider };
}

function openaiList(models: readonly ModelRef[]): object {
  return { object: "list", data: models.map(openaiModel) };
}

function anthropicModel({ model }: ModelRef): object {
  return { type: "model", id: model, display_name: model, created_at: epoch };
}

function anthropicList(models: readonly ModelRef[]): object {
  return {
    data: models.map(anthropicModel),
    has_more: false,
    first_id: models[0]?.model ?? null,
    last_id: models.at(-1)?.model ?? null,
  };
}
