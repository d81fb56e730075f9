import assert from "node:assert/strict";
import { trace } from "@opentelemetry/api";
import { silentLog, TenantryError } from "@tenantry/core";
import {
  sampleAttemptEnd,
  sampleAttemptStart,
  sampleCallEnd,
  sampleCallStart,
  telemetryContract,
  testContract,
} from "@tenantry/testkit";
import { afterEach, describe, it } from "vitest";
import { createNetraSdkTelemetry, type NetraSdk } from "../src/index.ts";
import { realClock } from "./open-netra.ts";
import { startStandInNetra } from "./stand-in-netra.ts";

const ports = { clock: realClock, log: silentLog };
const neverMade: NetraSdk = {
  isInitialized: () => true,
  getConfig: () => ({}),
  startSpan: () => assert.fail("nothing is started"),
};

function problems(options: Parameters<typeof createNetraSdkTelemetry>[0]): string {
  try {
    createNetraSdkTelemetry(options, ports);
  } catch (error) {
    assert.ok(TenantryError.is(error) && error.code === "invalid_configuration");
    return JSON.stringify(error.issues);
  }
  return "none";
}

// Before anything is registered, which cannot be undone.
const outOfReach = problems({ netra: neverMade });
const standIn = startStandInNetra();
const { netra } = standIn;
afterEach(async () => await standIn.empty());

describe("creation", () => {
  it("fails where the SDK's OpenTelemetry is another one than ours, because nothing would ever arrive", () => {
    assert.match(outOfReach, /same @opentelemetry\/api/);
  });

  it("fails with every problem and its option", () => {
    assert.match(problems({ netra: { ...netra, isInitialized: () => false } }), /await Netra\.init/);
    assert.match(problems({ netra: {} as NetraSdk }), /must be the class Netra/);
    const all = problems({ netra, maxQueue: 0, flushIntervalMs: 1.5 });
    assert.match(all, /maxQueue/);
    assert.match(all, /flushIntervalMs/);
    assert.equal(problems({ netra }), "none");
  });
});

testContract(telemetryContract, {
  name: "netra-sdk",
  deviations: { T12: "the SDK throws away a batch that was not taken; it is counted as dropped" },
  open: () => {
    const maxQueued = 200;
    const telemetry = createNetraSdkTelemetry({ netra, maxQueue: maxQueued }, ports);
    return {
      subject: {
        telemetry,
        maxQueued,
        seen: standIn.seen,
        setCollector: async (state) => await Promise.resolve(standIn.setState(state)),
      },
      close: async () => {
        await telemetry.close(0);
        await standIn.empty();
      },
    };
  },
});

describe("a call beside an application that uses the SDK's process-wide ids", () => {
  afterEach(() => standIn.processIds.clear());

  it("carries its own ids and no others, also where it has none", async () => {
    for (const id of ["tenant_id", "session_id", "user_id"]) standIn.processIds.set(id, "stranger");
    const telemetry = createNetraSdkTelemetry({ netra }, ports);
    const call = telemetry.startCall(sampleCallStart({ userId: null, sessionId: null }));
    call.startAttempt(sampleAttemptStart()).end(sampleAttemptEnd());
    call.end(sampleCallEnd());
    await telemetry.close(1_000);
    assert.deepEqual(
      standIn.seen().map(({ tenantId, userId, sessionId }) => [tenantId, userId, sessionId]),
      [
        ["apex-legal", null, null],
        ["apex-legal", null, null],
      ],
    );
  });
});

describe("content", () => {
  const messages = [{ role: "user", content: "secret" }] as const;

  async function attributesWith(config: object, scrub?: (text: string) => string): Promise<string> {
    const telemetry = createNetraSdkTelemetry(
      { netra: { ...netra, getConfig: () => config }, ...(scrub && { scrub }) },
      ports,
    );
    const call = telemetry.startCall(sampleCallStart());
    call.startAttempt(sampleAttemptStart({ messages })).end(sampleAttemptEnd({ text: "secret" }));
    call.end(sampleCallEnd());
    await telemetry.close(1_000);
    const text = JSON.stringify(standIn.attributesOf("openai.chat"));
    assert.match(text, /gen_ai\.usage\.prompt_tokens/);
    return text;
  }

  it("needs the SDK's switch beside the tier's", async () => {
    assert.match(await attributesWith({}), /secret/);
    await standIn.empty();
    assert.doesNotMatch(await attributesWith({ traceContent: false }), /secret/);
  });

  it("passes the scrubbing hook, and is left out when that throws", async () => {
    const scrubbed = await attributesWith({}, (text) => text.replaceAll("secret", "[gone]"));
    assert.match(scrubbed, /\[gone\]/);
    assert.doesNotMatch(scrubbed, /secret/);
    await standIn.empty();
    const broken = await attributesWith({}, () => assert.fail("the hook failed"));
    assert.doesNotMatch(broken, /secret/);
  });
});

describe("a span that nobody samples", () => {
  it("is counted as dropped, not as sent", async () => {
    const telemetry = createNetraSdkTelemetry(
      {
        netra: {
          ...netra,
          startSpan: () => ({
            setError: () => {},
            end: () => {},
            getCurrentSpan: () =>
              trace.wrapSpanContext({ traceId: "1".repeat(32), spanId: "1".repeat(16), traceFlags: 0 }),
          }),
        },
      },
      ports,
    );
    telemetry.startCall(sampleCallStart()).end(sampleCallEnd());
    await telemetry.flush(1_000);
    assert.deepEqual(telemetry.counts(), { sent: 0, dropped: 1, queued: 0 });
  });
});
