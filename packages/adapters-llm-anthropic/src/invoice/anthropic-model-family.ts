/**
 * One spelling for the names Anthropic's exports, its answers and price books give a model: the Console's display name
 * becomes the id it stands for, and the date goes. `Claude Haiku 4.5`, `claude-haiku-4-5-20251001` and `claude-haiku-4-5`
 * are one family; so are `claude-sonnet-4-0` and `claude-sonnet-4`.
 */
export function anthropicModelFamily(model: string): string {
  const name = model
    .trim()
    .toLowerCase()
    .replaceAll(/[\s.]+/g, "-");
  return name.replace(/-(?:\d{4}-\d\d-\d\d|\d{8}|latest|0)$/, "");
}
