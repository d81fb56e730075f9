import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hello, openTestGateway, post, type TestGateway, until } from "./support/gateway.ts";

const path = "/v1/chat/completions";
let gateway: TestGateway;
let other: DatabaseSync;
/** Runs when the provider has begun to answer. */
let onceAnswering: () => void;
beforeEach(async () => {
  onceAnswering = () => undefined;
  gateway = await openTestGateway({
    app: (app) => ({
      ...app,
      relays: app.relays.map((relay) => ({
        ...relay,
        async open(...asked) {
          const exchange = await relay.open(...asked);
          onceAnswering();
          return exchange;
        },
      })),
    }),
  });
  other = new DatabaseSync(gateway.app.config.storage.path);
});
afterEach(async () => {
  other.close();
  await gateway.close();
});

const key = (): string => gateway.keys["acme"] ?? "";
const billed = (): number => gateway.simulator.invoice().lines.length;

/** As a backup or a stuck process does. */
function lock(): { release(): void } {
  other.exec("BEGIN IMMEDIATE");
  return { release: () => other.exec("ROLLBACK") };
}

test("a locked database refuses calls before anything is sent, says when to come back, and is not ready", async () => {
  const { release } = lock();
  const answers = await Promise.all(
    ["/v1/chat/completions", "/v1/meetings/summaries"].map(
      async (route) =>
        await post(gateway, route, key(), { ...(route === path ? hello : { transcript: "Ann: Hello." }) }),
    ),
  );
  for (const answer of answers) {
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(await answer.json()).toMatchObject({ error: { code: "unavailable" } });
  }
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
  expect(billed()).toBe(0);
  release();
  expect((await post(gateway, path, key(), hello)).status).toBe(200);
  await until(async () => (await fetch(`${gateway.url}/readyz`)).status === 200);
});

test.each([false, true])(
  "an answer already paid for is delivered, and its line is written later (stream: %s)",
  async (streamed) => {
    let locked: ReturnType<typeof lock> | null = null;
    onceAnswering = () => (locked = lock());
    const answer = await post(gateway, path, key(), { ...hello, model: "gpt-4o-mini", stream: streamed });
    expect(answer.status).toBe(200);
    const text = await answer.text();
    if (streamed) expect(text).toMatch(/\[DONE\]\n\n$/);
    else expect(JSON.parse(text)).toMatchObject({ object: "chat.completion" });
    expect(gateway.app.tenantry.pendingSettlements()).toBe(1);
    (locked as ReturnType<typeof lock> | null)?.release();
    await until(() => gateway.app.tenantry.pendingSettlements() === 0, 10_000);
    const callId = answer.headers.get("x-tenantry-call-id") ?? "";
    const booked = await gateway.app.reader.call({ kind: "installation" }, callId);
    expect(booked?.lines).toMatchObject([{ source: "measured", outcome: "ok" }]);
    expect(booked?.lines[0]?.costPico).toBe(gateway.simulator.invoice().lines[0]?.amountPico);
  },
);

test("a claim that cannot be noted refuses the call before anything is sent", async () => {
  const { release } = lock();
  const answer = await post(gateway, path, key(), hello, { "idempotency-key": "one" });
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
  release();
  expect(billed()).toBe(0);
  expect((await post(gateway, path, key(), hello, { "idempotency-key": "one" })).status).toBe(200);
});
