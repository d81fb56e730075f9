import {
  openOtlpCollector,
  type OtlpCollector,
  type OtlpSpan,
  otlpAttribute,
  type PlannedRequest,
  type ReceivedSpan,
  requestPatterns,
  wrongSpanIds,
} from "@tenantry/testkit";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { hello, openTestGateway, post, type TestGateway, tiers } from "./support/gateway.ts";
import { freshFolder, keysIn, startServer } from "./support/served-process.ts";

const customers = `
  apex-legal: { tier: open }
  stratex-consulting: { tier: open }
  techstart-inc: { tier: open }
  spoken-one: { tier: open, overrides: { traceContent: true } }
`;

let collector: OtlpCollector;
let gateway: TestGateway;

async function spans(): Promise<readonly ReceivedSpan[]> {
  await gateway.app.telemetry.flush(5_000);
  return collector.spans();
}

function read(span: OtlpSpan | undefined, key: string): unknown {
  return otlpAttribute(span?.attributes ?? [], key);
}

const chat = { model: "gpt-4o-mini", ...hello };
const message = { model: "claude-haiku-4-5", max_tokens: 32, ...hello };

describe("a gateway that is traced on Netra", () => {
  beforeEach(async () => {
    collector = await openOtlpCollector();
    const telemetry = `telemetry: { netra: { endpoint: "${collector.origin}/telemetry", apiKey: key-for-tests } }\n`;
    gateway = await openTestGateway({ yaml: tiers + customers + telemetry, latency: { timeToFirstByteMs: 2 } });
  });
  afterEach(async () => {
    await gateway.close();
    await collector.close();
  });

  /** Both protocols, whole and streamed, by turns; who it is for stands in key and headers. */
  async function serve({ tenantId, userId, sessionId, index }: PlannedRequest): Promise<readonly string[]> {
    const headers = {
      ...(userId === null ? {} : { "x-tenantry-user": userId }),
      ...(sessionId === null ? {} : { "x-tenantry-session": sessionId }),
      // A client chooses none of this.
      baggage: "tenant_id=somebody-else,user_id=somebody-else,session_id=somebody-else",
    };
    const key = gateway.keys[tenantId] ?? "";
    const [path, body] = index % 2 === 0 ? ["/v1/chat/completions", chat] : ["/v1/messages", message];
    const answer = await post(gateway, path as string, key, { ...(body as object), stream: index % 4 < 2 }, headers);
    expect(answer.status).toBe(200);
    await answer.text();
    return [answer.headers.get("x-tenantry-call-id") ?? ""];
  }

  test.each(requestPatterns.slice(1).map((pattern) => [pattern.name, pattern] as const))(
    "check 13: %s: 150 calls of three tenants through the gateway carry no other's ids, nor what a client says in baggage",
    async (_name, pattern) => {
      const callIds = await pattern.run(serve);
      const received = await spans();
      expect(received).toHaveLength(300);
      expect(wrongSpanIds(received, pattern.planned, callIds)).toEqual([]);
      expect(JSON.stringify(received)).not.toContain("somebody-else");
    },
  );

  test.each([
    ["whole", false],
    ["streamed", true],
  ])(
    "check 9: content passes the gateway only where the tier says so, tools and their calls with it: %s",
    async (_name, stream) => {
      const tools = [{ type: "function", function: { name: "weather", parameters: { type: "object" } } }];
      const messages = [{ role: "user", content: 'call tool weather {"city":"Oslo"}' }];
      const body = { model: "gpt-4o-mini", messages, tools, stream };
      for (const tenantId of ["spoken-one", "apex-legal"]) {
        const answer = await post(gateway, "/v1/chat/completions", gateway.keys[tenantId] ?? "", body);
        await answer.text();
      }
      const attempts = (await spans()).filter(({ scope }) => scope.name !== "netra").map(({ span }) => span);
      const [told, quiet] = ["spoken-one", "apex-legal"].map((tenantId) =>
        attempts.find((span) => read(span, "netra.tenant_id") === tenantId),
      );
      expect(read(told, "gen_ai.prompt.0.content")).toBe(messages[0]?.content);
      expect(read(told, "tools")).toContain('"name":"weather"');
      expect(JSON.parse(String(read(told, "output")))).toEqual([
        { role: "tool", content: '{"name":"weather","arguments":"{\\"city\\":\\"Oslo\\"}"}' },
      ]);
      expect(read(quiet, "gen_ai.usage.prompt_tokens")).toBe(read(told, "gen_ai.usage.prompt_tokens"));
      expect(JSON.stringify(quiet)).not.toMatch(/Oslo|weather/);
    },
  );
});

test("check 14: a server that is told to stop delivers what it traced before it ends", async () => {
  const platform = await openOtlpCollector();
  onTestFinished(async () => await platform.close());
  const env = { NETRA_OTLP_ENDPOINT: `${platform.origin}/telemetry`, NETRA_API_KEY: "key-for-tests" };
  const server = startServer(await freshFolder(), env);
  const url = await server.address;
  const key = keysIn(server.out()).get("apex-legal") ?? "";
  expect((await post({ url }, "/v1/chat/completions", key, { model: "default", ...hello })).status).toBe(200);
  expect(platform.spans()).toEqual([]);
  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  const scopes = platform.spans().map(({ scope }) => scope.name);
  expect(scopes.toSorted()).toEqual(["netra", "netra.instrumentation.openai"]);
});
