const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g;

/**
 * The first name that an object of this JSON text gives twice, or null. Readers disagree about which of the two counts,
 * so what was looked at before us may not be what we would do.
 *
 * @param text JSON, that is what `JSON.parse` takes.
 */
export function duplicateMember(text: string): string | null {
  const objects: (Set<string> | null)[] = [];
  let last = "";
  for (const [found] of text.matchAll(token)) {
    if (found === "{") objects.push(new Set());
    else if (found === "[") objects.push(null);
    else if (found === "}" || found === "]") objects.pop();
    else if (found === ":") {
      const names = objects.at(-1);
      const name = JSON.parse(last) as string;
      if (names?.has(name) === true) return name;
      names?.add(name);
    }
    last = found;
  }
  return null;
}
