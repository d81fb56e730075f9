import { findModel, isNamed, type ModelAlias } from "../tenancy/find-model.ts";
import type { ModelRef } from "../tenancy/model-ref.ts";
import type { Policy } from "../tenancy/tenant.ts";
import type { Work } from "../calls/work.ts";

/**
 * Which models of a tier's one route may serve an operation. Vectors of two models cannot be compared, so an embedding
 * never falls back; and no chat ends up with a model for embeddings, unless that is what was asked for.
 *
 * @param asked the model a caller named, bare, as `provider/model` or by its alias; null or `default` where they leave it to
 *   the route.
 */
export function servesOperation(
  operation: string,
  asked: string | null,
  aliases: readonly ModelAlias[] = [],
): (target: ModelRef) => boolean {
  const isAsked = (target: ModelRef): boolean =>
    asked !== null && findModel({ route: [target], aliases }, asked) !== null;
  if (operation === "embeddings") return isNamed(asked) ? isAsked : isForEmbeddings;
  return (target) => isAsked(target) || !isForEmbeddings(target);
}

/**
 * The model a call is for first: the one asked for, or the first of the route that can be asked. Null where there is
 * none, which is for the use case to refuse.
 */
export function askedTarget(
  policy: Policy | null,
  asked: string | null,
  work: Pick<Work<unknown>, "reaches">,
): ModelRef | null {
  if (policy === null) return null;
  if (!isNamed(asked)) return policy.route.find((target) => work.reaches(target)) ?? null;
  return findModel(policy, asked);
}

/** No vendor has a list to ask; every one of them says it in the name. */
function isForEmbeddings({ model }: ModelRef): boolean {
  return /embed/i.test(model);
}
