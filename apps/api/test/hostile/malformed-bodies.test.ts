import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestGateway } from "../support/gateway.ts";
import { subjects } from "../protocols/examples/subjects.ts";
import {
  expectAlive,
  expectExactBooks,
  faultOf,
  liveBytes,
  openHostileGateway,
  type Seen,
  shoot,
  shootAll,
  type Shot,
} from "./probe.ts";

let gateway: TestGateway;
/** Everything that was answered, for the books at the end. */
const seen: Seen[] = [];
beforeAll(async () => {
  gateway = await openHostileGateway();
});
afterAll(async () => await gateway.close());

/** Shoots, and says what is wrong with the answers. */
async function faultsOf(shots: readonly Shot[]): Promise<readonly string[]> {
  const answers = await shootAll(gateway, shots);
  seen.push(...answers);
  return answers.map(faultOf).filter((fault) => fault !== null);
}

const models = ["gpt-4o-mini", "claude-haiku-4-5"] as const;
const paths: Readonly<Record<string, string>> = {
  "OpenAI chat completions": "/v1/chat/completions",
  "OpenAI responses": "/v1/responses",
  "Anthropic messages": "/v1/messages",
};

/** JSON texts of every type, at and beyond the edges of what a reader may expect. */
const awkward: readonly string[] = [
  "null",
  "true",
  "0",
  "-1",
  "1.5",
  "1e308",
  "-1e999",
  "9007199254740993",
  "123456789012345678901234567890",
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"__proto__"',
  JSON.stringify("x".repeat(3_000)),
  "[]",
  "[[]]",
  "[null]",
  '[{"type":"text"}]',
  "{}",
  '{"type":"constructor"}',
  '{"__proto__":{"type":"text"}}',
  `${"[".repeat(60)}${"]".repeat(60)}`,
];

const marker = "@@hostile@@";

/** Every field of every place of every protocol's table, with every other awkward value, for a model of each vendor. */
function* wrongTypes(): Generator<Shot> {
  let turn = 0;
  for (const { title, table, sites } of subjects) {
    for (const [place, rules] of Object.entries(table)) {
      const site = sites[place];
      if (site === undefined) continue;
      for (const field of Object.keys(rules)) {
        for (const [n, value] of awkward.entries()) {
          if (n === 0) turn += 1;
          if ((n + turn) % 2 === 0) continue;
          const model = models[(turn + (n >> 1)) % models.length] ?? "";
          const body = { max_tokens: 16, ...site.with({ [field]: marker }), ...(field === "model" ? {} : { model }) };
          if (title === "OpenAI responses") Reflect.deleteProperty(body, "max_tokens");
          const text = JSON.stringify(body).replaceAll(JSON.stringify(marker), value);
          yield {
            what: `${title} on ${model}: ${place}: ${field} = ${value.slice(0, 40)}`,
            path: paths[title] ?? "",
            body: text,
          };
        }
      }
    }
  }
}

test("no wrong type in any known field is more than a refusal that says why", { timeout: 60_000 }, async () => {
  const shots = [...wrongTypes()];
  expect(shots.length).toBeGreaterThan(2_000);
  expect(await faultsOf(shots)).toEqual([]);
});

/** Ordinary bodies of every route that takes one. */
const ordinary: readonly (readonly [path: string, body: string])[] = [
  ...subjects.flatMap(({ title, examples }) =>
    examples.flatMap(({ body }) =>
      models.map((model) => {
        const limit = title === "Anthropic messages" ? { max_tokens: 16 } : {};
        return [paths[title] ?? "", JSON.stringify({ ...limit, ...body, model })] as const;
      }),
    ),
  ),
  [
    "/v1/embeddings",
    '{"model":"text-embedding-3-small","input":["one","two"],"encoding_format":"float","dimensions":8}',
  ],
  ["/v1/messages/count_tokens", '{"model":"claude-haiku-4-5","messages":[{"role":"user","content":"Hello"}]}'],
  ["/v1/messages/count_tokens", '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hello"}]}'],
  ["/v1/meetings/summaries", '{"transcript":"Ann: we decided to ship.","model":"gpt-4o-mini"}'],
];

type Damage = (body: Buffer, at: number, bytes: Buffer) => Buffer;

const damages: Readonly<Record<string, Damage>> = {
  "cut off": (body, at) => body.subarray(0, at),
  "cut out": (body, at, bytes) => Buffer.concat([body.subarray(0, at), body.subarray(at + bytes.length)]),
  overwritten: (body, at, bytes) => Buffer.concat([body.subarray(0, at), bytes, body.subarray(at + bytes.length)]),
  inserted: (body, at, bytes) => Buffer.concat([body.subarray(0, at), bytes, body.subarray(at)]),
  "bits turned over": (body, at, bytes) => body.map((byte, n) => (n === at ? byte ^ (bytes[0] ?? 1) : byte)) as Buffer,
  "said twice": (body, at) => Buffer.concat([body.subarray(0, at), body.subarray(at), body]),
  "a number without end": (body, at) =>
    Buffer.concat([body.subarray(0, at), Buffer.from("9".repeat(400)), body.subarray(at)]),
  "nested without end": (body, at) =>
    Buffer.concat([body.subarray(0, at), Buffer.from("[{".repeat(20_000)), body.subarray(at)]),
  "with a byte order mark": (body) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]),
  "in UTF-16": (body) => Buffer.from(body.toString(), "utf16le"),
};

const damaged: fc.Arbitrary<Shot> = fc
  .record({
    which: fc.constantFrom(...ordinary),
    how: fc.constantFrom(...Object.keys(damages)),
    place: fc.double({ min: 0, max: 1, noNaN: true }),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 12 }).map((some) => Buffer.from(some)),
      fc
        .constantFrom("{", "}", "[", "]", '"', ",", ":", "\\", "\\u", "\u0000", "1e", "-", "null", "//", "NaN", "{}{}")
        .map((text) => Buffer.from(text)),
    ),
  })
  .map(({ which: [path, text], how, place, bytes }) => {
    const body = Buffer.from(text);
    const made = damages[how]?.(body, Math.floor(place * body.length), bytes) ?? body;
    return { what: `${path} ${how}: ${made.subarray(0, 300).toString("latin1")}`, path, body: made };
  });

test("no damage to a body is more than a refusal that says why", { timeout: 60_000 }, async () => {
  const shots = fc.sample(damaged, { numRuns: 2_000, seed: 20_261_123 });
  expect(await faultsOf(shots)).toEqual([]);
});

/** Any JSON at all, and any JSON in the place of a field. */
const anyJson: fc.Arbitrary<Shot> = fc
  .record({
    which: fc.constantFrom(...ordinary),
    value: fc.jsonValue({ maxDepth: 4, stringUnit: "binary" }),
    field: fc.option(fc.nat()),
  })
  .map(({ which: [path, text], value, field }) => {
    const whole = JSON.parse(text) as Record<string, unknown>;
    const names = Object.keys(whole);
    const name = field === null ? undefined : names[field % names.length];
    const body = JSON.stringify(name === undefined ? value : { ...whole, [name]: value });
    return { what: `${path}: ${body.slice(0, 300)}`, path, body };
  });

test("no JSON of another meaning is more than a refusal that says why", { timeout: 60_000 }, async () => {
  const shots = fc.sample(anyJson, { numRuns: 1_200, seed: 20_261_124 });
  expect(await faultsOf(shots)).toEqual([]);
});

test("a count beyond all counts is a refusal, however it is spelt", async () => {
  for (const name of ["n", "max_tokens", "max_completion_tokens", "max_output_tokens"]) {
    for (const value of ["1e308", "1e21", "9007199254740993", "-1", "0", "2.5", "1e-400"]) {
      const base = name === "max_output_tokens" ? '"input":"Hello"' : '"messages":[{"role":"user","content":"Hello"}]';
      const route = name === "max_output_tokens" ? "/v1/responses" : "/v1/chat/completions";
      for (const model of models) {
        const body = `{"model":"${model}",${base},"${name}":${value}}`;
        const answer = await shoot(gateway, { what: body, path: route, body });
        seen.push(answer);
        expect([answer.status, body]).toEqual([400, body]);
      }
    }
  }
});

describe("a member that is there twice", () => {
  const twice = [
    ["model", '"gpt-4o-mini"', '"gpt-4o"'],
    ["max_tokens", "1", "100000"],
    ["max_completion_tokens", "1", "100000"],
    ["n", "1", "100"],
    ["stream", "false", "true"],
    ["store", "false", "true"],
    ["messages", '[{"role":"user","content":"a"}]', '[{"role":"user","content":"b"}]'],
  ] as const;

  test.each(twice)("%s is refused: two readers might not read the same of the two", async (name, one, other) => {
    const rest = name === "messages" ? "" : ',"messages":[{"role":"user","content":"Hello"}]';
    for (const [first, second] of [
      [one, other],
      [other, one],
    ]) {
      // However it is spelt.
      for (const spelt of [`"${name}"`, `"\\u00${(name.codePointAt(0) ?? 0).toString(16)}${name.slice(1)}"`]) {
        const body = `{"${name}":${first}${rest},${spelt}:${second}}`;
        const answer = await shoot(gateway, { what: body, path: "/v1/chat/completions", body });
        seen.push(answer);
        expect([answer.status, answer.wasMade, body]).toEqual([400, false, body]);
      }
    }
  });
});

test("after all of it memory is what it was", { timeout: 60_000 }, async () => {
  const shots = fc.sample(damaged, { numRuns: 300, seed: 1 });
  expect(await faultsOf(shots)).toEqual([]);
  const before = liveBytes();
  for (let round = 0; round < 2; round += 1)
    await shootAndForget(fc.sample(damaged, { numRuns: 300, seed: 2 + round }));
  expect(liveBytes() - before).toBeLessThan(8_000_000);
});

async function shootAndForget(shots: readonly Shot[]): Promise<void> {
  for (const { wasMade, callId, what, status } of await shootAll(gateway, shots)) {
    if (wasMade) seen.push({ wasMade, callId, what: "", status, text: "" });
    else expect(status, what).toBeLessThan(500);
  }
}

test("after all of it the books hold what was sent and nothing else, and calls work", { timeout: 60_000 }, async () => {
  expect(seen.length).toBeGreaterThan(5_000);
  await expectExactBooks(gateway, seen);
  await expectAlive(gateway);
});
