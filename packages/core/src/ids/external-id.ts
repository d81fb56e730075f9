/** Longest id we take from outside, in UTF-16 code units. */
export const maxIdLength = 200;

/** Why a tenant, user, session or feature id cannot be used, or null when it can. */
export function idProblem(id: string): string | null {
  if (id.length === 0) return "must not be empty";
  if (id.length > maxIdLength) return `must be at most ${maxIdLength} characters long, not ${id.length}`;
  // Control characters would break logs, headers and terminals; a lone surrogate is not text.
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f-\u009f]/.test(id)) return "must not contain control characters";
  return id.isWellFormed() ? null : "must be well-formed Unicode";
}
