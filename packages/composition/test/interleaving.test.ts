import type { CallInput, ChatRequest, Log } from "@tenantry/core";
import { startProviderSimulator } from "@tenantry/provider-simulator";
import { openOtlpCollector, otlpAttribute, type OtlpSpan } from "@tenantry/testkit";
import { expect, test } from "vitest";
import { type App, openApp } from "../src/index.ts";
import { configIn, simulatedProviders, temporaryFolder } from "./support/installation.ts";
import { readLedger } from "./support/read-ledger.ts";
import { wait } from "./support/traffic.ts";

const providerKey = "sk-PROVIDERSECRET0123456789";
const netraKey = "netra-NETRASECRET0123456789";
const calls = 200;

const tiers = `
tiers:
  quiet:
    models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5]
    features: [draft, polish]
    limits: [{ concurrent: 500 }]
    budgets: [{ usd: "100", per: month }]
    objectives: [{ latency: p95, under: 5s }]
    maxOutputTokens: 64
    timeout: 5s
    attemptTimeout: 1s
  spoken:
    models: [anthropic/claude-haiku-4-5, openai/gpt-4o-mini]
    maxOutputTokens: 64
    traceContent: true
tenants:
  tenant-alpha: { tier: quiet }
  tenant-beta: { tier: quiet }
  tenant-gamma: { tier: spoken }
`;
const tenants = ["tenant-alpha", "tenant-beta", "tenant-gamma"] as const;

/** One call with ids that occur nowhere else. */
interface Planned {
  readonly index: number;
  readonly tenantId: (typeof tenants)[number];
  readonly userId: string;
  readonly sessionId: string;
  /** Every id that stands for this call, its tenant's included. */
  readonly ids: readonly string[];
  readonly prompt: string;
}

const planned: readonly Planned[] = Array.from({ length: calls }, (_, index) => {
  const tenantId = tenants[index % 3] ?? "tenant-alpha";
  const number = String(index).padStart(3, "0");
  const userId = `user-${number}-of-${tenantId}`;
  const sessionId = `session-${number}-of-${tenantId}`;
  const prompt = `PROMPTSECRET${number} says that the bridge is closed until May.`;
  return { index, tenantId, userId, sessionId, ids: [tenantId, userId, sessionId], prompt };
});

const inputOf = ({ tenantId, userId, sessionId, index }: Planned): CallInput => ({
  tenantId,
  userId,
  sessionId,
  feature: "draft",
  operation: `op-${index}`,
});
const requestOf = ({ prompt }: Planned): ChatRequest => ({ messages: [{ role: "user", content: prompt }] });

/** Four ways code comes to make a call. */
const ways: readonly ((app: App, call: Planned) => Promise<string>)[] = [
  async (app, call) => (await app.tenantry.call(inputOf(call), requestOf(call))).callId,
  async (app, call) => {
    await wait(call.index % 7);
    const helper = async (): Promise<string> => {
      await Promise.resolve();
      return await ways[0]!(app, call);
    };
    return await helper();
  },
  async (app, call) =>
    await new Promise((resolve, reject) => {
      setTimeout(() => {
        process.nextTick(() => ways[0]!(app, call).then(resolve, reject));
      }, call.index % 5);
    }),
  async (app, call) => {
    const result = await app.tenantry.stream(inputOf(call), requestOf(call));
    if (result.kind !== "answering") return result.callId;
    const seen: string[] = [];
    try {
      for await (const event of result.events) {
        if (event.type === "text") seen.push(event.text);
        if (call.index % 8 === 3 && seen.length > 2) break;
      }
    } catch {
      // A fault of the simulator; the call is recorded all the same.
    }
    await result.ended;
    // An answer quotes the prompt it was given.
    expect(seen.join("").match(/PROMPTSECRET\d+/g) ?? []).not.toContainEqual(
      expect.not.stringContaining(call.prompt.slice(0, 15)),
    );
    return result.callId;
  },
];

test("two hundred interleaved calls of three tenants never carry another's ids, and no secret leaves", async () => {
  const folder = await temporaryFolder();
  const simulator = await startProviderSimulator({
    latency: { timeToFirstByteMs: 5, perTokenMs: 1, jitterRatio: 0.9 },
    faults: [
      { match: { everyNth: 9 }, fault: { kind: "status", status: 503, message: "overloaded" } },
      { match: { everyNth: 13 }, fault: { kind: "stream-cut", afterEvents: 4 } },
    ],
  });
  const collector = await openOtlpCollector();
  const entries: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
  const note = (event: string, fields: Readonly<Record<string, unknown>>): void => void entries.push({ event, fields });
  const log: Log = { info: note, warn: note, error: note };
  const yaml = `${tiers}${simulatedProviders(simulator, providerKey)}
telemetry: { netra: { endpoint: "${collector.origin}", apiKey: ${netraKey} } }
`;
  const app = await openApp(await configIn(folder, yaml), { log });
  try {
    // Deliveries that fail at first, so that there is something to log.
    await collector.behave({ kind: "answer", status: 503, body: "come back later" });
    const callIds = await Promise.all(planned.map(async (call) => await ways[call.index % ways.length]!(app, call)));
    expect(new Set(callIds).size).toBe(calls);
    const recorded = await readLedger(app.reader);
    await collector.waitForRequests(1, 5_000);
    await collector.behave({ kind: "accept" });
    await app.close();

    const byCall = new Map(planned.map((call, index) => [callIds[index] ?? "", call]));
    expect(recorded.calls).toHaveLength(calls);
    for (const record of [...recorded.calls, ...recorded.lines]) {
      const { tenantId, userId, sessionId } = byCall.get(record.callId) as Planned;
      expect(record).toMatchObject({ tenantId, userId, sessionId, feature: "draft" });
      expect(foreignIds(record, byCall.get(record.callId) as Planned)).toEqual([]);
    }
    const spans = collector.spans().map(({ span }) => span);
    // One span for the call and one for each attempt.
    expect(spans).toHaveLength(recorded.calls.length + recorded.lines.length);
    expect(spanProblems(spans, byCall)).toEqual([]);
    expect(entries.length).toBeGreaterThan(0);
    for (const entry of entries) expect(distinctCalls(entry).length).toBeLessThanOrEqual(1);

    const quiet = JSON.stringify([entries, spans.filter((span) => !text(span).includes("tenant-gamma"))]);
    expect(quiet).not.toMatch(/PROMPTSECRET/);
    const everything = JSON.stringify([entries, collector.requests.map(({ body, path }) => [path, body])]);
    expect(everything).not.toMatch(/PROVIDERSECRET|NETRASECRET/);
    // Where content is traced it is the call's own; without it the check above would prove nothing.
    const spoken = spans.filter((span) => /PROMPTSECRET/.test(text(span)));
    expect(spoken.length).toBeGreaterThan(30);
    for (const span of spoken) expect(new Set(text(span).match(/PROMPTSECRET\d{3}/g)).size).toBe(1);
  } finally {
    await app.close();
    await collector.close();
    await simulator.close();
  }
});

function text(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? `${part}` : part));
}

/** Ids in it that are not the call's own. */
function foreignIds(value: unknown, own: Planned): readonly string[] {
  const found = text(value).match(/(?:user|session)-\d{3}-of-tenant-[a-z]+|tenant-(?:alpha|beta|gamma)/g) ?? [];
  return found.filter((id) => !own.ids.includes(id));
}

function distinctCalls(value: unknown): readonly string[] {
  const found = text(value).match(/(?:user|session)-(\d{3})-of-/g) ?? [];
  return [...new Set(found.map((id) => id.replace(/^\D+/, "").slice(0, 3)))];
}

/** What is wrong with the ids of spans: a span of no call, one without its own ids, one with another's. */
function spanProblems(spans: readonly OtlpSpan[], byCall: ReadonlyMap<string, Planned>): readonly string[] {
  return spans.flatMap((span) => {
    const read = (key: string): unknown => otlpAttribute(span.attributes, key);
    const own = byCall.get(String(read("tenantry.call_id")));
    if (own === undefined) return [`span ${span.name} belongs to no call`];
    const carried = ["netra.tenant_id", "netra.user_id", "netra.session_id"].map(read);
    const missing =
      carried.join() === own.ids.join() ? [] : [`span ${span.name} carries ${carried.join()}, not ${own.ids.join()}`];
    return [...missing, ...foreignIds(span, own).map((id) => `span ${span.name} of ${own.userId} carries ${id}`)];
  });
}
