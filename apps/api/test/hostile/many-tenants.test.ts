import { afterAll, beforeAll, expect, test } from "vitest";
import { isAtRest, readBooks, reconciled } from "../support/books.ts";
import { openTestGateway, post, type TestGateway } from "../support/gateway.ts";

const count = 50;
const perTenant = 12;
/** Every fifth tenant may make fewer calls than it tries to. */
const allowed = (n: number): number => (n % 5 === 0 ? 4 : 1000);
const tenants = Array.from({ length: count }, (_, n) => ({
  id: `tenant-${n}`,
  marker: `marker-${n}-${"abcdefghij"[n % 10]}-end`,
  allowed: allowed(n),
}));

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway({
    latency: { timeToFirstByteMs: 10, perTokenMs: 1, jitterRatio: 0.9 },
    yaml: `
tiers:
  wide: { models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5], limits: [{ calls: 1000, per: 1h }, { concurrent: 50 }], budgets: [{ usd: "10", within: 24h }], maxOutputTokens: 40 }
  narrow: { models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5], limits: [{ calls: 4, per: 1h }, { concurrent: 50 }], budgets: [{ usd: "10", within: 24h }], maxOutputTokens: 40 }
tenants:
${tenants.map(({ id, allowed: most }) => `  ${id}: { tier: ${most === 4 ? "narrow" : "wide"} }`).join("\n")}
`,
  });
});
afterAll(async () => await gateway.close());

/** The simulator calls the tool it is told to with just these arguments: an answer that is known beforehand. */
function asking(marker: string, n: number): { readonly path: string; readonly body: object } {
  const content = `call tool note {"text":"${marker}"}`;
  const parameters = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };
  const common = {
    model: n % 2 === 0 ? "gpt-4o-mini" : "claude-haiku-4-5",
    stream: n % 3 === 0,
    messages: [{ role: "user", content }],
  };
  return n % 4 < 2
    ? {
        path: "/v1/chat/completions",
        body: { ...common, tools: [{ type: "function", function: { name: "note", parameters } }] },
      }
    : {
        path: "/v1/messages",
        body: { ...common, max_tokens: 40, tools: [{ name: "note", input_schema: parameters }] },
      };
}

interface Answered {
  readonly tenantId: string;
  readonly marker: string;
  readonly status: number;
  readonly callId: string | null;
  readonly text: string;
}

test(
  "50 tenants at once: each gets its own answers, its own limits and its own books",
  { timeout: 60_000 },
  async () => {
    const answers: readonly Answered[] = await Promise.all(
      tenants.flatMap(({ id: tenantId, marker }, tenant) =>
        Array.from({ length: perTenant }, async (_, n) => {
          const { path, body } = asking(marker, n + tenant);
          const answer = await post(gateway, path, gateway.keys[tenantId] ?? "", body, {
            "x-tenantry-user": `user-${n % 3}`,
            "idempotency-key": `same-for-all-${n}`,
          });
          return {
            tenantId,
            marker,
            status: answer.status,
            callId: answer.headers.get("x-tenantry-call-id"),
            text: await answer.text(),
          };
        }),
      ),
    );

    for (const { id, marker, allowed: most } of tenants) {
      const own = answers.filter(({ tenantId }) => tenantId === id);
      const good = own.filter(({ status }) => status === 200);
      expect(own.length - good.length).toBe(Math.max(0, perTenant - most));
      expect(own.every(({ status }) => status === 200 || status === 429)).toBe(true);
      // Streams cut the arguments into pieces, so what is told in them is put together first.
      for (const { text } of good) {
        const told = markersIn(text);
        expect([id, told]).toEqual([id, [marker]]);
      }
    }

    const booked = await readBooks(gateway.app);
    const billed = new Map(gateway.simulator.invoice().lines.map((line) => [line.clientRequestId, line.amountPico]));
    for (const { id } of tenants) {
      const ids = answers
        .filter(({ tenantId, status }) => tenantId === id && status === 200)
        .map(({ callId }) => callId);
      const own = booked.filter(({ call }) => call.tenantId === id);
      expect(own.map(({ call }) => call.callId).sort()).toEqual([...ids].sort());
      for (const { lines } of own)
        for (const line of lines) expect([line.tenantId, line.costPico]).toEqual([id, billed.get(line.attemptId)]);
      expect(await isAtRest(gateway.app, id)).toBe(true);
    }
    const { balanced, differences, matched } = await reconciled(gateway);
    expect([balanced, differences, matched]).toEqual([true, [], billed.size]);
  },
);

/** The markers of an answer, whole or streamed, in either vendor's words. */
function markersIn(text: string): readonly string[] {
  const pieces = [...text.matchAll(/"(?:arguments|partial_json)":"((?:[^"\\]|\\.)*)"/g)].map(
    ([, piece]) => JSON.parse(`"${piece}"`) as string,
  );
  const inputs = [...text.matchAll(/"input":(\{[^}]*\})/g)].map(([, input]) => input ?? "");
  return [
    ...new Set([...`${pieces.join("")}${inputs.join("")}`.matchAll(/marker-\d+-\w-end/g)].map(([found]) => found)),
  ];
}
