/** What becomes of one field of a request that has to be translated. */
export type FieldRule =
  /** Has a counterpart. */
  | { readonly does: "translates"; readonly how: string }
  /** Changes nothing about the answer, so it is taken and not sent. */
  | { readonly does: "accepted"; readonly why: string }
  /** Has no counterpart; these values ask for nothing and are taken, all others are refused. */
  | { readonly does: "only"; readonly values: readonly unknown[]; readonly why: string }
  /** Known and refused. */
  | { readonly does: "refused"; readonly why: string };

/** The fields of one kind of object. A field that is not among them is refused by name. */
export type FieldRules = Readonly<Record<string, FieldRule>>;

/** All objects of a protocol's request, by the place where they stand. `body` is the request itself. */
export type FieldTable = Readonly<Record<string, FieldRules>>;

/** The values of a finished answer: ours, and the protocol's word for it. */
export type WordTable = Readonly<Record<string, string>>;

export function translates(how: string): FieldRule {
  return { does: "translates", how };
}

export function accepted(why: string): FieldRule {
  return { does: "accepted", why };
}

/** Values are compared as JSON. */
export function only(values: readonly unknown[], why: string): FieldRule {
  return { does: "only", values, why };
}

export function refused(why: string): FieldRule {
  return { does: "refused", why };
}

/** `null` is the same as absent in every protocol here, for every field that is known. */
export function fieldProblem(rule: FieldRule | undefined, value: unknown): string | null {
  if (rule === undefined) return "is not a field that can be translated for the model that answers";
  if (value === null || value === undefined) return null;
  if (rule.does === "refused") return `cannot be translated for the model that answers: ${rule.why}`;
  if (rule.does !== "only") return null;
  const written = JSON.stringify(value);
  const values = rule.values.map((one) => JSON.stringify(one));
  if (values.includes(written)) return null;
  return `can only be ${values.join(" or ")} where the request is translated: ${rule.why}`;
}
