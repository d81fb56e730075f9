import { formatModelRef, type ModelRef } from "../tenancy/model-ref.ts";
import type { Policy } from "../tenancy/tenant.ts";
import type { Work } from "../calls/work.ts";

/**
 * Which models of a tier's one route may serve an operation. Vectors of two models cannot be compared, so an embedding
 * never falls back; and no chat ends up with a model for embeddings, unless that is what was asked for.
 *
 * @param asked the model a caller named, bare or as `provider/model`; null or `default` where they leave it to the route.
 */
export function servesOperation(operation: string, asked: string | null): (target: ModelRef) => boolean {
  const isAsked = (target: ModelRef): boolean => asked === target.model || asked === formatModelRef(target);
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
  return policy.route.find((target) => formatModelRef(target) === asked || target.model === asked) ?? null;
}

function isNamed(asked: string | null): boolean {
  return asked !== null && asked !== "" && asked !== "default";
}

/** No vendor has a list to ask; every one of them says it in the name. */
function isForEmbeddings({ model }: ModelRef): boolean {
  return /embed/i.test(model);
}
