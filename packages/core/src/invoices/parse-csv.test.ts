import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCsv } from "./parse-csv.ts";

describe("CSV", () => {
  it("has quotes, commas and line breaks within quoted cells, and either line end", () => {
    const text = '\uFEFFday,what\r\n2026-11-01,"acme, ""input"""\n\n2026-11-02,"two\nlines"\r\n';
    expect(parseCsv(text)).toEqual({
      ok: true,
      columns: ["day", "what"],
      rows: [
        { line: 2, cells: { day: "2026-11-01", what: 'acme, "input"' } },
        { line: 4, cells: { day: "2026-11-02", what: "two\nlines" } },
      ],
    });
  });

  it.each([
    ["", "is empty"],
    ["a,b\n1", "line 2 has 1 cells, the heading 2"],
    ["a,b\n1,2,3", "line 2 has 3 cells, the heading 2"],
    ['a,b\n"1,2', "line 2: a quote is not closed, or stands within a cell"],
    ['a,b\n1",2', "line 2: a quote is not closed, or stands within a cell"],
    ["a,a\n1,2", "has the column a twice"],
  ])("%j is refused rather than guessed at", (text, problem) => {
    expect(parseCsv(text)).toEqual({ ok: false, problem });
  });

  it("reads back every cell that was written by the rules", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r\n", "é", " ") });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }), (rows) => {
        const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
        const text = ["x,y", ...rows.map((row) => row.map(quote).join(","))].join("\r\n");
        const parsed = parseCsv(text);
        expect(parsed.ok && parsed.rows.map(({ cells }) => [cells["x"], cells["y"]])).toEqual(rows);
      }),
    );
  });
});
