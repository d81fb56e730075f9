import type { ModelCard, ProviderName } from "./model-card.ts";
import { modelCards } from "./model-cards.ts";
import { findModel } from "./find-model.ts";

function openaiModel(id: string, card: ModelCard): unknown {
  return { id, object: "model", created: card.createdAt, owned_by: "system" };
}

function anthropicModel(id: string, card: ModelCard): unknown {
  const words = card.id.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return {
    type: "model",
    id,
    display_name: words.join(" "),
    created_at: new Date(card.createdAt * 1000).toISOString().replace(".000Z", "Z"),
    max_input_tokens: card.contextTokens,
    max_tokens: card.maxOutputTokens,
  };
}

/** `GET /v1/models` of either vendor: families (where they are names of their own) and dated names. */
export function listModels(provider: ProviderName): unknown {
  const named = modelCards
    .filter((card) => card.provider === provider)
    .flatMap((card) => {
      const names = provider === "openai" ? [card.id, ...card.snapshots] : card.snapshots;
      return [...new Set(names)].map((id) => ({ id, card }));
    });
  if (provider === "openai") {
    return { object: "list", data: named.map(({ id, card }) => openaiModel(id, card)) };
  }
  return {
    data: named.map(({ id, card }) => anthropicModel(id, card)),
    has_more: false,
    first_id: named[0]?.id ?? null,
    last_id: named.at(-1)?.id ?? null,
  };
}

/** `GET /v1/models/{id}`; `null` for a name the vendor does not know. */
export function showModel(provider: ProviderName, name: string): unknown {
  const found = findModel(provider, name);
  if (!found) return null;
  return provider === "openai" ? openaiModel(name, found.card) : anthropicModel(found.reportedName, found.card);
}
