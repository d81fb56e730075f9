/** Text that may stand in a page as it is. */
export type Html = { readonly html: string };

/** A piece of a page; whatever is put in is escaped unless it is a piece itself. Lists are joined. */
export function markup(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  return { html: parts.reduce((text, part, index) => text + toHtml(values[index - 1] ?? "") + part) };
}

function toHtml(value: string | number | Html | readonly Html[]): string {
  if (Array.isArray(value)) return (value as readonly Html[]).map((piece) => piece.html).join("");
  return typeof value === "object" ? (value as Html).html : escapeHtml(String(value));
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? character);
}
