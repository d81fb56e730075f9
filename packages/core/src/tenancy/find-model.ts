import { formatModelRef, type ModelRef, sameModel } from "./model-ref.ts";
import type { TierPolicy } from "./tier.ts";

/** A name of its own for a model of the route, under which a tenant may ask for it. */
export interface ModelAlias {
  readonly name: string;
  readonly target: ModelRef;
}

/**
 * The model of the route that a name stands for: an alias, the model's own name, or `provider/model`. Null where it stands
 * for none. An alias goes before a name, and one that points outside the route stands for nothing.
 */
export function findModel({ route, aliases }: Pick<TierPolicy, "route" | "aliases">, name: string): ModelRef | null {
  const alias = aliases.find((one) => one.name === name);
  const isAsked = (ref: ModelRef): boolean =>
    alias === undefined ? ref.model === name || formatModelRef(ref) === name : sameModel(ref, alias.target);
  return route.find(isAsked) ?? null;
}

/** Whether a caller named a model, or left it to the route. */
export function isNamed(asked: string | null | undefined): asked is string {
  return asked !== null && asked !== undefined && asked !== "" && asked !== defaultModel;
}

/** Stands for the first model of any route that can serve the request. */
export const defaultModel = "default";
