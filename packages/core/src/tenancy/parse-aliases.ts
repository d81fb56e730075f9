import { type DataReader, join } from "../errors/data-reader.ts";
import { idProblem } from "../ids/external-id.ts";
import { defaultModel, findModel, type ModelAlias } from "./find-model.ts";
import { formatModelRef, type ModelRef, parseModelRef, sameModel } from "./model-ref.ts";

/** Reads `{ fast: provider/model }`. */
export function parseAliases(reader: DataReader, raw: unknown, path: string): readonly ModelAlias[] {
  return reader.entries(raw, path).flatMap(([name, value]) => {
    const where = join(path, name);
    const problem = idProblem(name);
    if (problem !== null) reader.report(where, `name ${problem}`);
    if (name === defaultModel) reader.report(where, "stands for the first of models already; choose another name");
    const target = typeof value === "string" ? parseModelRef(value) : null;
    if (target === null) reader.report(where, 'must be a model as "provider/model", such as "acme/large"');
    return target === null ? [] : [{ name, target }];
  });
}

/** Why these aliases cannot go with this route, by name. */
export function aliasProblems(
  aliases: readonly ModelAlias[],
  route: readonly ModelRef[],
): readonly { readonly alias: ModelAlias; readonly message: string }[] {
  return aliases.flatMap((alias) => {
    const { name, target } = alias;
    const named = findModel({ route, aliases: [] }, name);
    if (named !== null && !sameModel(named, target)) {
      return [{ alias, message: `is the name of ${formatModelRef(named)} already; choose another name` }];
    }
    if (route.some((ref) => sameModel(ref, target))) return [];
    return [{ alias, message: `is ${formatModelRef(target)}, which is not among models` }];
  });
}

/** Aliases for a route that takes the place of another: those whose model it has not stand for its first. */
export function aliasesFor(aliases: readonly ModelAlias[], route: readonly ModelRef[]): readonly ModelAlias[] {
  const [first] = route;
  return aliases.flatMap(({ name, target }) => {
    const kept = route.find((ref) => sameModel(ref, target)) ?? first;
    return kept === undefined ? [] : [{ name, target: kept }];
  });
}
