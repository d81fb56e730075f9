const width = 120;

/** JSON with everything that fits on one line on one line. */
export function recordingText(content: unknown): string {
  return `${textOf(content, "")}\n`;
}

function textOf(value: unknown, indent: string): string {
  const flat = JSON.stringify(value);
  if (value === null || typeof value !== "object" || indent.length + flat.length <= width) return flat;
  const deeper = `${indent}  `;
  const lines = Array.isArray(value)
    ? value.map((item) => textOf(item, deeper))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${textOf(item, deeper)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return `${open}\n${lines.map((line) => `${deeper}${line}`).join(",\n")}\n${indent}${close}`;
}
