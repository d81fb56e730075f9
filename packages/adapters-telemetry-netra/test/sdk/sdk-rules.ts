import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { CallStart, Telemetry } from "@tenantry/core";
import {
  checkRule,
  type NetraSdkPackage,
  type ReceivedSpan,
  sampleAttemptEnd,
  sampleAttemptStart,
  sampleCallEnd,
  sampleCallStart,
  telemetryContract,
} from "@tenantry/testkit";
import { collectorStates, toSeen } from "../open-netra.ts";
import { attribute, attributesOf, spanNamed } from "../read-span.ts";
import { differencesOf, wireComparisons } from "../wire-comparison.ts";
import { openCannedProvider } from "./canned-provider.ts";
import { type OpenedSdk, openSdkTelemetry } from "./open-sdk.ts";

/** One thing that holds with the real SDK. */
export interface SdkRule {
  /** As a test's name. */
  readonly name: string;
  check(sdk: NetraSdkPackage): Promise<void>;
}

/** Rules of the port that the SDK makes impossible to keep. */
export const deviations: Readonly<Record<string, string>> = {
  T12: "the SDK throws away a batch that was not taken; it is counted as dropped",
};

const contractRules: readonly SdkRule[] = telemetryContract.rules
  .filter(({ id }) => !Object.hasOwn(deviations, id))
  .map((rule) => ({
    name: `${rule.id} ${rule.sentence}`,
    check: async (sdk) => {
      const maxQueued = 200;
      await checkRule(rule, async () => {
        const opened = await openSdkTelemetry(sdk, { maxQueue: maxQueued });
        return {
          subject: {
            telemetry: opened.telemetry,
            maxQueued,
            seen: () => opened.sdk.spans().map(toSeen),
            setCollector: async (state) => await opened.sdk.collector.behave(collectorStates[state]),
          },
          close: opened.close,
        };
      });
    },
  }));

function rule(name: string, check: (opened: OpenedSdk, sdk: NetraSdkPackage) => Promise<void>): SdkRule {
  return {
    name,
    check: async (sdk) => {
      const opened = await openSdkTelemetry(sdk);
      try {
        await check(opened, sdk);
      } finally {
        await opened.close();
      }
    },
  };
}

async function makeCall(
  telemetry: Telemetry,
  change: Partial<CallStart>,
  work?: () => Promise<unknown>,
): Promise<void> {
  const call = telemetry.startCall(sampleCallStart(change));
  const attempt = call.startAttempt(sampleAttemptStart());
  await attempt.within(async () => await (work ?? nextTurn)());
  attempt.end(sampleAttemptEnd());
  call.end(sampleCallEnd());
}

const idsOf = ({ span }: ReceivedSpan): readonly unknown[] =>
  ["tenant", "session", "user"].map((id) => attribute(span, `netra.${id}_id`));

/** The vendor's package that the SDK has patched, not this repository's copy. */
async function vendorClient(sdk: NetraSdkPackage, origin: string): Promise<VendorClient> {
  const vendor = "openai";
  const { default: OpenAI } = (await import(import.meta.resolve(vendor, sdk.entry))) as {
    readonly default: new (options: object) => VendorClient;
  };
  return new OpenAI({ apiKey: "any", baseURL: `${origin}/v1`, maxRetries: 0 });
}

interface VendorClient {
  readonly chat: { readonly completions: { create(body: object): Promise<unknown> & Partial<RawAnswer> } };
  post(path: string, options: object): Promise<unknown> & RawAnswer;
}

interface RawAnswer {
  asResponse(): Promise<Response>;
}

const question = { model: "gpt-4", messages: [{ role: "user", content: "Summarize." }] };

const ownRules: readonly SdkRule[] = [
  rule("the application's spans beside a call carry none of its ids, in any pattern of concurrency", async (opened) => {
    const { telemetry, sdk } = opened;
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        await Promise.all([
          makeCall(telemetry, { callId: `call-${index}`, tenantId: `tenant-${index % 3}`, userId: `user-${index}` }),
          nextTurn().then(() => sdk.netra.startSpan("health-check").end()),
        ]);
        sdk.netra.startSpan("health-check").end();
      }),
    );
    const spans = await opened.spans();
    const beside = spans.filter(({ span }) => span.name === "health-check");
    assert.equal(beside.length, 100);
    for (const span of beside) {
      assert.deepEqual(idsOf(span), [undefined, undefined, undefined]);
      assert.equal(span.span.parentSpanId, undefined);
    }
  }),
  rule(
    "what a vendor's package does inside an attempt makes no span, and its requests carry no context",
    async (opened, sdk) => {
      const provider = await openCannedProvider();
      try {
        const client = await vendorClient(sdk, provider.origin);
        await makeCall(opened.telemetry, {}, async () => {
          await client.chat.completions.create(question);
          await fetch(`${provider.origin}/v1/chat/completions`, { method: "POST", body: JSON.stringify(question) });
        });
        const names = (await opened.spans()).map(({ span }) => span.name);
        assert.deepEqual(names.toSorted(), ["meeting-summarization", "openai.chat"]);
        assert.equal(provider.requests.length, 2);
        for (const { headers } of provider.requests) {
          assert.deepEqual([headers["baggage"], headers["traceparent"]], [undefined, undefined]);
        }
      } finally {
        await provider.close();
      }
    },
  ),
  rule("control: outside an attempt the same request makes a span with the same tokens", async (opened, sdk) => {
    const provider = await openCannedProvider();
    try {
      const client = await vendorClient(sdk, provider.origin);
      await client.chat.completions.create(question);
      await opened.spans();
      await opened.sdk.flush();
      const { span } = spanNamed(opened.sdk.spans(), "openai.chat");
      assert.equal(attribute(span, "gen_ai.usage.prompt_tokens"), 120);
    } finally {
      await provider.close();
    }
  }),
  rule("the vendor's own helpers work through `client.post`; the SDK has broken those of `create`", async (_, sdk) => {
    const provider = await openCannedProvider();
    try {
      const client = await vendorClient(sdk, provider.origin);
      const sent = client.chat.completions.create(question);
      await sent;
      assert.equal(sent.asResponse, undefined);
      const answer = await client.post("/chat/completions", { body: question }).asResponse();
      assert.equal(answer.status, 200);
    } finally {
      await provider.close();
    }
  }),
  rule("a call is a child of the application's active span, in its trace", async (opened) => {
    const { telemetry, sdk } = opened;
    await sdk.netra.startActiveSpan("GET /meetings", async () => await makeCall(telemetry, {}));
    const spans = await opened.spans();
    const request = spanNamed(spans, "GET /meetings").span;
    const call = spanNamed(spans, "meeting-summarization").span;
    assert.equal(call.parentSpanId, request.spanId);
    assert.equal(spanNamed(spans, "openai.chat").span.parentSpanId, call.spanId);
    assert.equal(attribute(request, "netra.trace.llm.call"), true);
  }),
  rule("content goes out as the SDK's own, tokens before it: 70 messages lose none", async (opened) => {
    const messages = Array.from({ length: 70 }, (_, index) => ({ role: "user" as const, content: `message ${index}` }));
    const call = opened.telemetry.startCall(sampleCallStart());
    call.startAttempt(sampleAttemptStart({ messages })).end(sampleAttemptEnd({ text: "Agreed." }));
    call.end(sampleCallEnd());
    const seen = attributesOf(spanNamed(await opened.spans(), "openai.chat").span);
    assert.equal(seen["gen_ai.usage.prompt_tokens"], 120);
    assert.equal(seen["llm.usage.total_tokens"], 150);
    assert.equal(seen["gen_ai.completion.0.content"], "Agreed.");
    assert.equal(seen["gen_ai.prompt.0.content"], "message 0");
    assert.equal(seen["output"], '[{"role":"assistant","content":"Agreed."}]');
    assert.match(String(seen["input"]), /^\[\{"role":"user","content":"message 0"\}/);
  }),
  rule("a batch that the collector refuses is counted as dropped, and told once", async (opened) => {
    await opened.sdk.collector.behave({ kind: "answer", status: 401 });
    await makeCall(opened.telemetry, {});
    await opened.telemetry.flush(5_000);
    assert.deepEqual(opened.telemetry.counts(), { sent: 0, dropped: 2, queued: 0 });
    assert.deepEqual(
      opened.log.map(({ level, event, fields }) => [level, event, fields["spans"]]),
      [["warn", "telemetry_spans_lost", 2]],
    );
  }),
  rule("spans are sent without being asked for", async (opened) => {
    await makeCall(opened.telemetry, {});
    await opened.sdk.collector.waitForRequests(opened.sdk.collector.requests.length + 1, 3_000);
    assert.equal(opened.sdk.spans().length, 2);
  }),
  // Last: what the application sets stays set in its process.
  rule(
    "ids that the application sets with the SDK's setters never reach a call, nor do a call's reach the application",
    async (opened) => {
      const { telemetry, sdk } = opened;
      const authenticate = async (): Promise<void> => {
        await nextTurn();
        sdk.netra.setTenantId("stranger");
        sdk.netra.setSessionId("strange-session");
        sdk.netra.setUserId("strange-user");
      };
      await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          await authenticate();
          const ids = { callId: `call-${index}`, tenantId: `tenant-${index % 3}`, userId: null, sessionId: null };
          await makeCall(telemetry, ids);
          sdk.netra.startSpan("application").end();
        }),
      );
      const spans = await opened.spans();
      const ours = spans.filter(({ span }) => span.name !== "application");
      assert.equal(ours.length, 100);
      for (const span of ours) {
        const index = Number(String(attribute(span.span, "tenantry.call_id")).slice("call-".length));
        assert.deepEqual(idsOf(span), [`tenant-${index % 3}`, undefined, undefined]);
      }
      for (const span of spans.filter(({ span }) => span.name === "application")) {
        assert.deepEqual(idsOf(span), ["stranger", "strange-session", "strange-user"]);
      }
    },
  ),
  rule(
    "so it is behind an HTTP server that is instrumented, where each request sets its ids in a function of its own",
    async (opened) => {
      const { telemetry, sdk } = opened;
      const authenticate = async (index: number): Promise<void> => {
        await nextTurn();
        sdk.netra.setTenantId(`other-${index}`);
        sdk.netra.setUserId(`other-${index}`);
      };
      const server = createServer((req, res) => {
        const index = Number(req.url?.slice(1));
        const ids = {
          callId: `call-${index}`,
          tenantId: `tenant-${index % 3}`,
          userId: `user-${index}`,
          sessionId: null,
        };
        void authenticate(index)
          .then(async () => await makeCall(telemetry, ids))
          .then(() => res.end());
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      try {
        await Promise.all(
          Array.from({ length: 150 }, async (_, index) => await (await fetch(`${origin}/${index}`)).arrayBuffer()),
        );
        const ours = (await opened.spans()).filter(({ span }) => attribute(span, "tenantry.call_id") !== undefined);
        assert.equal(ours.length, 300);
        for (const span of ours) {
          const index = Number(String(attribute(span.span, "tenantry.call_id")).slice("call-".length));
          // A session was set by the rule before, and is not ours.
          assert.deepEqual(idsOf(span), [`tenant-${index % 3}`, undefined, `user-${index}`]);
        }
      } finally {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  ),
  // The very last: nothing ends it but time.
  rule(
    "what the SDK throws away for 15 minutes after a 429 is counted as dropped, though it calls that success",
    async (opened) => {
      const { telemetry, sdk } = opened;
      await sdk.collector.behave({ kind: "answer", status: 429 });
      await makeCall(telemetry, { callId: "refused" });
      await telemetry.flush(5_000);
      await sdk.collector.behave({ kind: "accept" });
      const requests = sdk.collector.requests.length;
      await makeCall(telemetry, { callId: "thrown away" });
      await telemetry.flush(5_000);
      assert.equal(sdk.collector.requests.length, requests);
      assert.deepEqual(telemetry.counts(), { sent: 0, dropped: 4, queued: 0 });
      assert.deepEqual(
        opened.log.map(({ fields }) => fields["reason"]),
        ["Status 429", "blocked by a 429"],
      );
    },
  ),
];

const wireRules = wireComparisons.map((comparison) =>
  rule(
    `${comparison.span} of ${comparison.recording} is what the SDK sent, but for named deviations`,
    async (opened) => {
      comparison.make(opened.telemetry);
      const differences = differencesOf(comparison, await opened.spans());
      assert.deepEqual(differences, Object.keys(comparison.deviations).toSorted());
    },
  ),
);

export const sdkRules: readonly SdkRule[] = [...contractRules, ...wireRules, ...ownRules];
