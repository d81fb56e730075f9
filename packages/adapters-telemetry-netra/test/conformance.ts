/** A test, or a group of tests: its file in the repository, and how its title begins. */
export interface Proof {
  readonly file: string;
  readonly title: string;
}

/** One of the seventeen checks of this adapter against Netra's SDK (`netra-sdk` 1.8.0). */
export interface Check {
  readonly number: number;
  /** What its tests prove. */
  readonly proves: string;
  readonly proofs: readonly Proof[];
}

/** Something the SDK does otherwise. */
export interface Deviation {
  /** The check it belongs to. */
  readonly check: number;
  readonly sdk: string;
  readonly here: string;
  readonly why: string;
  readonly proof: Proof;
}

const from =
  (file: string) =>
  (title: string): Proof => ({ file, title });

const own = "packages/adapters-telemetry-netra/test";
const transport = from(`${own}/transport.test.ts`);
const delivery = from(`${own}/delivery.test.ts`);
const spans = from(`${own}/spans.test.ts`);
const content = from(`${own}/content.test.ts`);
const nesting = from(`${own}/nesting.test.ts`);
const processes = from(`${own}/processes.test.ts`);
const asking = from(`${own}/usage.test.ts`);
const recordedWire = from(`${own}/recorded-wire.test.ts`);
const recordedRequests = from(`${own}/recorded-requests.test.ts`);
const platform = from("packages/testkit/src/usage-platform.contract.ts");
const tenants = from("packages/composition/test/netra/tenant-ids.test.ts");
const calls = from("packages/composition/test/netra/spans-of-calls.test.ts");
const cookbook = from("packages/composition/test/netra/cookbook.test.ts");
const collector = from("packages/composition/test/netra/failing-collector.test.ts");
const clients = from("packages/metered-fetch/test/telemetry.test.ts");
const gateway = from("apps/api/test/netra.test.ts");
const privacy = from("packages/adapters-llm-anthropic/test/privacy.test.ts");

export const checks: readonly Check[] = [
  {
    number: 1,
    proves: "every form of endpoint and header leads to the SDK's method, path and headers",
    proofs: [transport("check 1: "), recordedRequests("check 1: ")],
  },
  {
    number: 2,
    proves: "a request is OTLP JSON in the SDK's form: hex ids, decimal nanoseconds, flags, no parent on roots",
    proofs: [transport("check 2: ")],
  },
  {
    number: 3,
    proves: "the resource has name and environment, in the SDK's order of precedence",
    proofs: [transport("check 3: ")],
  },
  {
    number: 4,
    proves:
      "batches by time and number; any 2xx is success; a 429, and a quota told in other words, is waited for; nothing throws",
    proofs: [delivery("check 4: batches"), delivery("check 4: a quota that is used up")],
  },
  {
    number: 5,
    proves: "a call is one span and each attempt one below it, in one trace, with the SDK's scopes, marked on the root",
    proofs: [spans("check 5: "), calls("checks 5, 8 and 17: "), cookbook("check 5: ")],
  },
  {
    number: 6,
    proves: "every span has the SDK's constants and placeholders and exactly the ids that are known",
    proofs: [spans("check 6: ")],
  },
  {
    number: 7,
    proves: "the call's span: attributes with their types, usage with every digit, status, duration, `sla-breach`",
    proofs: [spans("check 7: "), calls("check 7: a call that fails"), calls("check 7: an amount that no float holds")],
  },
  {
    number: 8,
    proves:
      "the attempt's span: plain, tools, pictures, whole, streamed, left early, given up, failed, embeddings and responses, OpenAI's and Anthropic's",
    proofs: [
      spans("check 8, "),
      recordedWire("check 8: "),
      calls("checks 5, 8 and 17: "),
      calls("check 8: tools offered"),
      calls("check 8: a provider's error"),
      calls("checks 8 and 17: a stream that its reader leaves"),
      calls("checks 8 and 17: a call that its caller gives up on"),
      clients("check 8: "),
    ],
  },
  {
    number: 9,
    proves: "without content exactly the prompt and completion attributes are absent; the tier decides",
    proofs: [content("check 9: "), calls("check 9: "), gateway("check 9: ")],
  },
  { number: 10, proves: "long content is cut at 30,000 with the SDK's markers", proofs: [content("check 10: ")] },
  {
    number: 11,
    proves: "questions have the SDK's methods, paths, queries and bodies; pages follow the last item's cursor",
    proofs: [
      asking("check 11: "),
      recordedRequests("check 11: "),
      platform("the parts of a list hold every trace once"),
    ],
  },
  {
    number: 12,
    proves: "no data, a failure and a time-out are told apart",
    proofs: [
      asking("check 12: "),
      platform("no data is null or an empty part"),
      platform("a platform that ${sayingOf[fault]}"),
    ],
  },
  {
    number: 13,
    proves:
      "150 interleaved calls of three tenants in seven patterns and three ways in: no tenant, user or session of another",
    proofs: [tenants("check 13: "), clients("check 13: "), gateway("check 13: "), nesting("check 13: ")],
  },
  {
    number: 14,
    proves: "close and exit deliver; an application's SIGTERM handler completes; no handler of ours",
    proofs: [processes("check 14: "), nesting("check 14: "), gateway("check 14: ")],
  },
  {
    number: 15,
    proves:
      "vendors get no baggage, no trace context, no ids; the collector alone gets spans; bad options fail at start",
    proofs: [
      transport("check 15: "),
      delivery("check 15: "),
      tenants("check 15: "),
      privacy("no span is made and no trace header leaves"),
    ],
  },
  {
    number: 16,
    proves:
      "the clients' own helpers work; a collector in any trouble changes no result, delays none, costs bounded memory; losses are counted, recovery is complete",
    proofs: [clients("check 16: "), collector("check 16: "), delivery("check 16: ")],
  },
  {
    number: 17,
    proves: "tokens on attempts only and cost on calls only, once each, with any number of messages; left streams too",
    proofs: [
      spans("check 17: "),
      calls("check 17: "),
      calls("checks 5, 8 and 17: "),
      calls("checks 8 and 17: a stream that its reader leaves"),
      calls("checks 8 and 17: a call that its caller gives up on"),
    ],
  },
];

export const deviations: readonly Deviation[] = [
  {
    check: 1,
    sdk: "a query in the endpoint is dropped and the suffix misplaced; a missing scheme fails silently",
    here: "refused at creation",
    why: "spans would go nowhere",
    proof: transport("deviation: a query"),
  },
  {
    check: 2,
    sdk: "the sampled flag of a caller switches telemetry off",
    here: "every call is sent",
    why: "a header must not hide usage",
    proof: transport("deviation: a caller's trace that is not sampled"),
  },
  {
    check: 3,
    sdk: "host name, process arguments and user name in the resource",
    here: "none",
    why: "nobody's business",
    proof: transport("deviation: nothing of this machine"),
  },
  {
    check: 4,
    sdk: "a 429 stops everything for 900 s and drops",
    here: "`Retry-After` is obeyed (up to 900 s), else backoff; spans wait",
    why: "a full quota is no reason to lose data",
    proof: delivery("deviation: a 429 obeys Retry-After"),
  },
  {
    check: 4,
    sdk: "a failed export is dropped in silence",
    here: "5xx, time-outs and refused connections are retried; 4xx dropped; all counted and logged once a minute",
    why: "losses have to be seen",
    proof: delivery("deviation: failures are retried"),
  },
  {
    check: 5,
    sdk: "the LLM span starts a trace of its own unless its parent is active",
    here: "always below its call, which is below the caller's `traceparent` or the application's active span",
    why: "one call, one trace",
    proof: nesting("deviation: a call is a child"),
  },
  {
    check: 8,
    sdk: "one `llm.content.completion.chunk` event a chunk",
    here: "none",
    why: "128 empty events a stream",
    proof: calls("deviation: a stream has no event"),
  },
  {
    check: 8,
    sdk: "stack traces in `exception`",
    here: "type and message",
    why: "the port has no more",
    proof: spans("deviation: a provider's error has no stack trace"),
  },
  {
    check: 8,
    sdk: "`tools` also without content",
    here: "`tools` only where the tier allows content",
    why: "definitions can say as much as prompts",
    proof: calls("check 8: tools offered"),
  },
  {
    check: 8,
    sdk: "embedding counts and dimensions, penalties, stop sequences, reasoning settings, all choices",
    here: "absent; the first answer alone",
    why: "the port does not know them",
    proof: clients("deviation: an embedding"),
  },
  {
    check: 9,
    sdk: "images sent as bytes are copied into the span",
    here: "named by type and length",
    why: "a picture is not text",
    proof: content("deviation: images are named"),
  },
  {
    check: 10,
    sdk: "JSON that is too long is cut and repaired",
    here: "cut between messages, marked `__truncated__` the same way; other text ends in `...[TRUNCATED]`",
    why: "what is kept stays as it was",
    proof: content("check 10: "),
  },
  {
    check: 11,
    sdk: "ids in paths are not encoded; redirects are followed; session statistics",
    here: "ids are encoded, redirects refused; session statistics are not asked for",
    why: "an id must not change the route, nor a key change hosts; nothing here needs the statistics",
    proof: asking("check 11: "),
  },
  {
    check: 12,
    sdk: "a refused key, a failure, a time-out and no data are all `null` or an empty list",
    here: "no data is `null`, all else an error with a code; no facade in the SDK's form",
    why: "an outage must not read as an unused account",
    proof: platform("no data is null or an empty part"),
  },
  {
    check: 13,
    sdk: "tenant, session and user in a process-global map and baggage",
    here: "arguments, kept with the span",
    why: "concurrent tenants leak into each other there",
    proof: tenants("check 13: "),
  },
  {
    check: 14,
    sdk: "`shutdown()` delivers nothing; handlers for signals and exceptions exit the process",
    here: "`close(deadlineMs)` delivers; no handlers",
    why: "the last calls count too",
    proof: processes("check 14: "),
  },
  {
    check: 15,
    sdk: "without an endpoint the process dies, and the key goes to another vendor",
    here: "an error at creation",
    why: "a key is for one host",
    proof: transport("check 15: "),
  },
  {
    check: 15,
    sdk: "`baggage` with tenant ids to every host",
    here: "none",
    why: "vendors have no business with tenants",
    proof: tenants("check 15: "),
  },
  {
    check: 17,
    sdk: "usage is written after content: 57 messages lose it to the cap of 128 attributes",
    here: "usage first; the cap cuts the last prompts, counted in `droppedAttributesCount`",
    why: "usage is what it is for",
    proof: calls("check 17: "),
  },
  {
    check: 17,
    sdk: "a stream that is left early is never sent, and has no tokens unless asked for",
    here: "every attempt is sent with what is known, `tenantry.usage_source` says how well",
    why: "it was paid for",
    proof: calls("checks 8 and 17: a stream that its reader leaves"),
  },
];
