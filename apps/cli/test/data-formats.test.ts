import fc from "fast-check";
import { expect, test } from "vitest";
import { csvCell, escapeTerminal } from "../src/output/escape-text.ts";
import { renderJson, renderReport } from "../src/output/report.ts";

test.each(["=1+1", "+1", "-cmd", "@SUM(A1)", "\t=1"])(
  "a CSV cell %j is a text to a spreadsheet, not a formula",
  (cell) => {
    expect(csvCell(cell)).toBe(`'${cell}`);
  },
);

test("amounts below zero stay numbers in CSV", () => {
  expect(csvCell("-0.5")).toBe("-0.5");
});

test("quotes, commas and line breaks are quoted as RFC 4180 says", () => {
  expect(csvCell('say "hi", twice\nor more')).toBe('"say ""hi"", twice\nor more"');
});

test("CSV is headings and rows alone, with CRLF, and nothing for null", () => {
  const report = {
    title: "a title",
    columns: [
      { key: "a", title: "A" },
      { key: "b", title: "B" },
    ],
    rows: [
      { a: "x", b: null },
      { a: 1234567, b: "0.50" },
    ],
    notes: ["a note"],
    total: { a: "total" },
    json: {},
  };
  expect(renderReport(report, "csv", 10)).toBe("a,b\r\nx,\r\n1234567,0.50\r\n");
});

test("JSON is the same data, with nothing in it that a terminal obeys", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      const json = renderJson({ [text]: text });
      // eslint-disable-next-line no-control-regex
      expect(json).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      expect(JSON.parse(json)).toEqual({ [text]: text });
    }),
    { numRuns: 100 },
  );
  expect(JSON.parse(renderJson("\u009b\u202e\u007f"))).toBe("\u009b\u202e\u007f");
});

test("text keeps its lines, and Windows line ends become plain ones", () => {
  expect(escapeTerminal("a\r\nb\tc\rd\u0007")).toBe("a\nb\tc\\x0dd\\x07");
});
