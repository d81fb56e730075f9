import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { displayWidth, shorten, wrapText } from "../src/output/display-width.ts";
import { renderReport, type Report } from "../src/output/report.ts";

const report: Report = {
  title: "Things",
  columns: [
    { key: "id", title: "thing" },
    { key: "count", title: "count", align: "right" },
    { key: "usd", title: "USD", align: "decimal" },
    { key: "extra", title: "extra", align: "right", importance: 2 },
    { key: "less", title: "less", align: "right", importance: 1 },
    { key: "odd", title: "odd", align: "right", hideEmpty: true },
  ],
  rows: [
    { id: "a", count: 1, usd: "0.5", extra: 3, less: 4, odd: 0 },
    { id: "bb", count: 1234567, usd: "1234.125", extra: null, less: 4, odd: null },
  ],
  json: {},
};

describe("a table", () => {
  test("has thousands apart, decimal points under each other, a dash for nothing, and no column of zeros", () => {
    expect(renderReport(report, "table").split("\n").slice(2, -1)).toEqual([
      "  thing      count        USD  extra  less",
      "  ────────────────────────────────────────",
      "  a              1      0.500      3     4",
      "  bb     1,234,567  1,234.125      -     4",
    ]);
  });

  test("keeps a column of zeros as soon as one is not", () => {
    const odd = { ...report, rows: [{ id: "a", count: 1, usd: "1", extra: 1, less: 1, odd: 2 }] };
    expect(renderReport(odd, "table")).toContain("odd");
  });

  test("leaves out the least important columns first, and says which", () => {
    const narrow = renderReport(report, "table", 39);
    expect(narrow).toContain("extra");
    expect(narrow).toContain("left out for want of width: less");
    const narrower = renderReport(report, "table", 31);
    expect(narrower).toMatch(/left out for want of\s+width:\s+extra,\s+less/);
    expect(narrower).toContain("1,234,567");
  });

  test("totals stand below a second rule, and only where there is something to add up", () => {
    const total = { id: "total", count: 1234568, usd: "1234.625" };
    const lines = renderReport({ ...report, total }, "table").split("\n");
    expect(lines.at(-2)).toMatch(/^ {2}total {2}1,234,568 {2}1,234\.625/);
    expect(lines.at(-3)).toMatch(/^ {2}─+$/);
    expect(renderReport({ ...report, total, rows: report.rows.slice(0, 1) }, "table")).not.toContain("total");
  });

  test("shortens a very long id in its middle, even where there is room", () => {
    const id = `${"a".repeat(150)}${"z".repeat(50)}`;
    const text = renderReport({ ...report, rows: [{ id }] }, "table");
    expect(text).not.toContain(id);
    expect(text).toMatch(/ a+…z+ /);
  });

  test("wraps prose within its column", () => {
    const columns = [
      { key: "id", title: "id" },
      { key: "prose", title: "prose", overflow: "wrap" as const },
    ];
    const rows = [{ id: "x", prose: "one two three four five six seven eight nine ten" }];
    const lines = renderReport({ ...report, columns, rows }, "table", 38).split("\n");
    expect(lines.slice(4, 6)).toEqual(["  x   one two three four five six", "      seven eight nine ten"]);
  });

  test("shows an id's escape sequences instead of obeying them, and breaks no line", () => {
    const evil = { ...report, title: "T\u001b[2J", rows: [{ id: "x\u001b[31m\n\u009b1A\u202eid\u2028" }] };
    const text = renderReport(evil, "table");
    expect(text).toContain("x\\x1b[31m\\n\\x9b1A\\u{202e}id\\u{2028}");
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2028]/);
    expect(text.split("\n")).toHaveLength(6);
  });

  test("aligns Chinese, Japanese, Korean and emoji with the rest", () => {
    const rows = ["plain", "株式会社", "한국", "👩‍👩‍👧 family", "é (e\u0301)"].map((id) => ({ id, count: 7 }));
    const lines = renderReport({ ...report, columns: report.columns.slice(0, 2), rows }, "table").split("\n");
    const widths = lines.slice(2, -1).map(displayWidth);
    expect(new Set(widths)).toEqual(new Set([widths[0]]));
  });

  test("is never wider than the terminal when its columns may go or shrink", () => {
    const ids = fc.string({ unit: "grapheme", maxLength: 80 });
    const rows = fc.array(fc.record({ id: ids, extra: fc.nat(), less: fc.nat() }), { minLength: 1, maxLength: 5 });
    const columns = report.columns.filter(({ key }) => ["id", "extra", "less"].includes(key));
    fc.assert(
      fc.property(rows, fc.integer({ min: 24, max: 120 }), (some, width) => {
        const text = renderReport({ ...report, columns, rows: some }, "table", width);
        for (const line of text.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }),
      { numRuns: 200 },
    );
  });
});

describe("displayWidth", () => {
  test.each([
    ["abc", 3],
    ["株式会社", 8],
    ["한국", 4],
    ["ｆｕｌｌ", 8],
    ["👍", 2],
    ["👩‍👩‍👧", 2],
    ["🇩🇪", 2],
    ["❤️", 2],
    ["e\u0301", 1],
    ["≤ … ─", 5],
    ["", 0],
  ])("%s takes %i cells", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

test("shorten keeps both ends and never exceeds the width", () => {
  expect(shorten("call_0123456789abcdef", 12)).toBe("call_012…def");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 40 }), (text, width) => {
      expect(displayWidth(shorten(text, width))).toBeLessThanOrEqual(width);
    }),
    { numRuns: 200 },
  );
});

test("wrapText loses no character but the spaces it breaks at", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), fc.integer({ min: 2, max: 40 }), (text, width) => {
      const lines = wrapText(text, width);
      expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    }),
    { numRuns: 200 },
  );
});
