import type { ModelCard, ProviderName } from "./model-card.ts";
import { modelCards } from "./model-cards.ts";

/** A model and the name its answers carry. */
export interface FoundModel {
  readonly card: ModelCard;
  readonly reportedName: string;
}

const byName = new Map<string, FoundModel>();
for (const card of modelCards) {
  const current = card.snapshots[0] ?? card.id;
  for (const name of [card.id, ...card.aliases]) byName.set(name, { card, reportedName: current });
  for (const name of card.snapshots) byName.set(name, { card, reportedName: name });
}

/** The model behind a family, alias or dated name; `null` when the provider has none of that name. */
export function findModel(provider: ProviderName, name: string): FoundModel | null {
  const found = byName.get(name);
  return found?.card.provider === provider ? found : null;
}
