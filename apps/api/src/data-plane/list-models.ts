import { findModel, httpFailure, type Policy, requestIds } from "@tenantry/core";
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
    const found = models.find(({ id, provider }) => id === asked || `${provider}/${id}` === asked);
    if (found === undefined) {
      return refuse(incoming, httpFailure(404, "not_found", "the tier has no such model", { param: "model" }));
    }
    return sendJson(incoming.res, 200, headers, isAnthropic ? anthropicModel(found) : openaiModel(found));
  }
  sendJson(incoming.res, 200, headers, isAnthropic ? anthropicList(models) : openaiList(models));
}

/** A name a client may use, and who is behind it. */
interface UsableModel {
  readonly id: string;
  readonly provider: string;
}

/** The models of the route by their own names, then its aliases. */
function usableModels(policy: Policy, { relays, models }: Providers): readonly UsableModel[] {
  const connected = new Set([...models.keys(), ...relays.map(({ provider }) => provider)]);
  const names = [...policy.route.map(({ model }) => model), ...policy.aliases.map(({ name }) => name)];
  return [...new Set(names)].flatMap((id) => {
    const target = findModel(policy, id);
    return target !== null && connected.has(target.provider) ? [{ id, provider: target.provider }] : [];
  });
}

function openaiModel({ id, provider }: UsableModel): object {
  return { id, object: "model", created: 0, owned_by: provider };
}

function openaiList(models: readonly UsableModel[]): object {
  return { object: "list", data: models.map(openaiModel) };
}

function anthropicModel({ id }: UsableModel): object {
  return { type: "model", id, display_name: id, created_at: epoch };
}

function anthropicList(models: readonly UsableModel[]): object {
  return {
    data: models.map(anthropicModel),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null,
  };
}
