import type { FieldRule, FieldTable, WordTable } from "../../src/protocols/field-rules.ts";

export interface GuideProtocol {
  readonly title: string;
  readonly table: FieldTable;
}

export interface GuideReasons {
  readonly title: string;
  readonly words: WordTable;
}

const introduction = `# What translates

A caller may speak OpenAI's chat completions, OpenAI's responses or Anthropic's messages to any model. Where the provider
of the model speaks the caller's protocol, the body passes through whole and none of this applies. Where it speaks
another, the request is translated by the tables below, and the answer is translated back.

- A field that is in no table is refused with \`400 invalid_request\` that names it by its path
  (\`messages[2].content[0].type\`). Nothing is dropped in silence.
- \`null\` means the same as leaving a known field out.
- **translates**: it has a counterpart. **accepted**: it changes nothing about the answer, so it is taken and not sent.
  **only**: these values ask for nothing and are taken, all others are refused. **refused**: it has no counterpart.

This page is written from the tables in \`apps/api/src/protocols\` that the gateway works with; a test compares the two.
`;

const budgets = `Budgets that stand for an effort: low 1024, medium 4096, high 16384, xhigh 32768, max 65536 tokens, always below the
output limit; with a limit of 1024 or less the request is a 400. \`minimal\` is no thinking there.

## How answers come back

Usage is the provider's own, in the caller's names: OpenAI's input counts include what was cached, Anthropic's
\`input_tokens\` leave it out. A provider that reports no usage gives none to OpenAI's protocols and zeros to Anthropic's,
which has no word for it; the ledger says unknown. Ids of tool calls are the provider's, unchanged. The answer's \`model\`
is the name the caller used.

Words of refusal are \`refusal\` in OpenAI's protocols; in Anthropic's they are text and stand in \`stop_details\` too.

Thinking is not shown in chat completions, which have no place for it: only its tokens are. In responses it is an item
whose \`encrypted_content\` holds what has to be given back; in messages it is a block.

Arguments of a tool call that are no JSON object, as after a cut, become \`{"INVALID_JSON": "…"}\` in a whole message of
Anthropic's; streams and OpenAI's protocols give the text as it is.
`;

const differing = ["The request says", "To OpenAI and compatible servers", "To Anthropic"];

const differences: readonly (readonly string[])[] = [
  ["system messages", "in their places", "joined by empty lines into `system`, before all else"],
  ["an output limit", "`max_completion_tokens`, or what the server knows", "`max_tokens`; without one, the tier's"],
  ["temperature", "0 to 2", "0 to 1; above is a 400"],
  ["JSON without a schema", "`json_object`", "a 400"],
  [
    "a JSON schema",
    "with name, description and `strict`",
    "always strict; the description goes into the schema, the name nowhere",
  ],
  ["one tool at a time", "`parallel_tool_calls: false`", "`disable_parallel_tool_use` in `tool_choice`"],
  ["an image in a tool's result", "a 400", "an image block"],
  ["a tool that failed", "`Error: ` before its text", "`is_error`"],
  ["how closely to look at an image", "`detail`", "left out"],
  [
    "how hard to think",
    "`reasoning_effort`",
    "from Claude 4.6 on an effort with adaptive thinking, before it a budget",
  ],
  [
    "a budget for thinking",
    "an effort: below 4096 low, below 16384 medium, high",
    "`budget_tokens`, below the output limit",
  ],
  ["thinking of an earlier answer", "left out: it is no input for another model", "the same block with its signature"],
  [
    "results of tools without their thinking",
    "nothing special",
    "before Claude 4.6 the rest of that turn is answered without thinking",
  ],
  ["the end user's id", "`user`", "`metadata.user_id`"],
];

/** The page about translation, as it has to stand in the documentation. */
export function translationGuide(protocols: readonly GuideProtocol[], reasons: readonly GuideReasons[]): string {
  const words = Object.keys(reasons[0]?.words ?? {});
  const stops = table(
    ["The model stopped", ...reasons.map(({ title }) => title)],
    words.map((word) => [word, ...reasons.map((column) => `\`${column.words[word] ?? ""}\``)]),
  );
  const requests = protocols.flatMap(({ title, table: places }) => [
    `## Requests: ${title}`,
    ...Object.entries(places).flatMap(([place, rules]) => [
      `### ${title}: ${place}`,
      table(
        ["Field", "", "How or why"],
        Object.entries(rules).map(([name, rule]) => [`\`${name}\``, ...cells(rule)]),
      ),
    ]),
  ]);
  const parts = [
    introduction.trim(),
    "## What providers differ in",
    table(differing, differences),
    budgets.trim(),
    "### Why a model stopped",
    stops,
    ...requests,
  ];
  return `${parts.join("\n\n")}\n`;
}

function cells(rule: FieldRule): readonly string[] {
  switch (rule.does) {
    case "translates":
      return ["translates", rule.how];
    case "only":
      return [`only ${rule.values.map((value) => `\`${JSON.stringify(value)}\``).join(" or ")}`, rule.why];
    case "accepted":
    case "refused":
      return [rule.does, rule.why];
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, n) => Math.max(3, cell.length, ...rows.map((row) => row[n]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
