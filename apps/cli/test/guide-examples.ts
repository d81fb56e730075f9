import { expect } from "vitest";

export interface Example {
  readonly argv: readonly string[];
  readonly expected: string;
}

/** The commands of the guide's console blocks, each with the output that follows it. */
export function examplesIn(guide: string): readonly Example[] {
  return [...guide.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block = ""]) =>
    block
      .split(/^\$ tenantry /m)
      .slice(1)
      .map((text) => {
        const [line = "", ...expected] = text.trimEnd().split("\n");
        return { argv: line.split(" "), expected: expected.join("\n") };
      }),
  );
}

/** Ids, times, figures and the width of columns differ from run to run; words, fields and lines do not. */
function steady(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(/\b(call|att|key)_\w{20,}/g, "$1_ID")
    .replaceAll(/\btnt_\w+/g, "tnt_SECRET")
    .replaceAll(/\b(chatcmpl-|msg_|resp_)\w+/g, "RESPONSE")
    .replaceAll(/\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?)?/g, "TIME")
    .replaceAll(/\d([\d,.]*\d)?/g, "N")
    .replaceAll(/─+/g, "─")
    .replaceAll(/ +/g, " ")
    .trim();
}

/** An ellipsis alone on its line stands for any lines. */
export function expectLike(actual: string, expected: string): void {
  const parts = steady(expected).split(/^ ?…$/m);
  let rest = steady(actual);
  if (parts.length === 1) return expect(rest).toBe(parts[0]);
  for (const part of parts.map((text) => text.trim())) {
    expect(rest).toContain(part);
    rest = rest.slice(rest.indexOf(part) + part.length);
  }
}
