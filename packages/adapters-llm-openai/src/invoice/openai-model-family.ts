/**
 * One spelling for the names OpenAI's exports, its answers and price books give a model: lower case, without the date of
 * a snapshot. `gpt-4o-mini-2024-07-18` and `gpt-4o-mini` are one family, a fine-tuned model is one apart. Snapshots of a
 * family can have different prices; an export row is compared as a sum, so that does not matter.
 */
export function openAIModelFamily(model: string): string {
  const name = model.trim().toLowerCase();
  const tuned = /^ft[:-]([^:]+)/.exec(name);
  return tuned === null ? undated(name) : `ft-${undated(tuned[1] ?? "")}`;
}

function undated(name: string): string {
  return name.replace(/-(?:\d{4}-\d\d-\d\d|\d{8}|\d{4}|latest)$/, "");
}
