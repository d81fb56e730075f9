import { setImmediate } from "node:timers/promises";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createMeteredFetch } from "../src/index.ts";
import { booksOf, type Installation, openInstallation, reconciled } from "./support/installation.ts";

let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterEach(() => {
  installation.simulator.setLatency({});
  installation.simulator.plan([]);
});
afterAll(async () => await installation.close());

const address = "https://api.openai.com/v1/chat/completions";
const asked = { model: "gpt-4o-mini", messages: [{ role: "user" as const, content: "Say hello in one sentence." }] };
const streamed = { method: "POST", body: JSON.stringify({ ...asked, stream: true }) };

async function outcomes(tenantId: string): Promise<readonly string[]> {
  return (await booksOf(installation, tenantId)).calls.map(({ outcome }) => outcome);
}

describe("bytes", () => {
  test("come as the provider writes them, not when the answer is complete", async () => {
    installation.simulator.setLatency({ totalMs: 400 });
    const fetch = installation.metered.for({ tenantId: "acme" });
    const { body } = await fetch(address, streamed);
    const arrivals: number[] = [];
    for await (const _bytes of body ?? []) arrivals.push(performance.now());
    expect(arrivals.length).toBeGreaterThan(3);
    expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(100);
  });

  test("are the provider's own", async () => {
    const elsewhere = await openInstallation();
    onTestFinished(async () => await elsewhere.close());
    const fetch = installation.metered.for({ tenantId: "acme" });
    const usage = { ...asked, stream: true, stream_options: { include_usage: true } };
    const ours = await fetch(address, { method: "POST", body: JSON.stringify(usage) });
    const theirs = await globalThis.fetch(`${elsewhere.simulator.openaiBaseUrl}/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer any", "content-type": "application/json" },
      body: JSON.stringify({ ...usage, max_completion_tokens: 256 }),
    });
    const withoutIds = (text: string): string => text.replaceAll(/"(?:id|created)":[^,]+,/g, "");
    expect(withoutIds(await ours.text())).toBe(withoutIds(await theirs.text()));
  });

  test("the end of the body waits until the line is in the ledger", async () => {
    const before = (await booksOf(installation, "rival")).lines.length;
    const answer = await installation.metered.for({ tenantId: "rival" })(address, streamed);
    expect(await answer.text()).toContain("data: [DONE]");
    expect((await booksOf(installation, "rival")).lines).toHaveLength(before + 1);
  });
});

describe("giving up", () => {
  test("before the call: nothing is sent, and fetch rejects with the reason", async () => {
    const before = installation.simulator.invoice().lines.length;
    const fetch = installation.metered.for({ tenantId: "acme" });
    const signal = AbortSignal.abort(new Error("changed my mind"));
    await expect(fetch(address, { ...streamed, signal })).rejects.toThrow("changed my mind");
    await expect(fetch("https://api.openai.com/v1/files", { signal })).rejects.toThrow("changed my mind");
    expect(installation.simulator.invoice().lines).toHaveLength(before);
  });

  test("while waiting for the answer: the client sees its own abort, the call is booked as aborted", async () => {
    installation.simulator.setLatency({ timeToFirstByteMs: 5_000 });
    const controller = new AbortController();
    const client = installation.openai({ tenantId: "single-one" });
    const waiting = client.chat.completions.create(asked, { signal: controller.signal });
    setTimeout(() => controller.abort(), 30);
    await expect(waiting).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    await expect.poll(async () => await outcomes("single-one")).toEqual(["aborted"]);
  });

  test("the client's own time-out is its own error", async () => {
    installation.simulator.setLatency({ timeToFirstByteMs: 5_000 });
    const client = installation.openai({ tenantId: "rival" }, { timeout: 50 });
    await expect(client.chat.completions.create(asked)).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
  });

  test("in the middle of a stream: the iteration ends, and what was written is booked", async () => {
    installation.simulator.setLatency({ perTokenMs: 15 });
    const controller = new AbortController();
    const client = installation.openai({ tenantId: "slow-one" });
    const stream = await client.chat.completions.create({ ...asked, stream: true }, { signal: controller.signal });
    for await (const _chunk of stream) controller.abort();
    await expect.poll(async () => await outcomes("slow-one")).toEqual(["aborted"]);
  });

  test("in the middle of a raw body: reading rejects with the reason", async () => {
    installation.simulator.setLatency({ perTokenMs: 15 });
    const controller = new AbortController();
    const fetch = installation.metered.for({ tenantId: "acme" });
    const { body } = await fetch(address, { ...streamed, signal: controller.signal });
    const reader = body?.getReader();
    await reader?.read();
    controller.abort(new Error("heard enough"));
    const reading = (async () => {
      for (let next = await reader?.read(); next?.done === false; next = await reader?.read());
    })();
    await expect(reading).rejects.toThrow("heard enough");
  });

  test("leaving the loop early aborts the call", async () => {
    installation.simulator.setLatency({ perTokenMs: 15 });
    const client = installation.openai({ tenantId: "slow-one" });
    const stream = await client.chat.completions.create({ ...asked, stream: true });
    for await (const _chunk of stream) break;
    await expect.poll(async () => await outcomes("slow-one")).toEqual(["aborted", "aborted"]);
  });

  test("cancelling the body of a raw response aborts the call", async () => {
    installation.simulator.setLatency({ perTokenMs: 15 });
    const answer = await installation.metered.for({ tenantId: "acme" })(address, streamed);
    await answer.body?.cancel();
    expect((await outcomes("acme"))[0]).toBe("aborted");
  });
});

test("a body nobody reads does not run ahead without end", async () => {
  let given = 0;
  const metered = createMeteredFetch(
    {},
    {
      ...installation.app,
      tenantry: {
        policyOf: async () => null,
        meter: async () =>
          ({
            kind: "answering",
            callId: "call_1",
            model: { provider: "openai", model: "gpt-4o-mini" },
            attempts: 1,
            states: { windows: [], leases: [], budgets: [] },
            events: (async function* () {
              yield { type: "head", status: 200, headers: {} };
              for (;;) {
                given += 1;
                yield { type: "bytes", bytes: new Uint8Array(1_000) };
              }
            })(),
            ended: new Promise(() => undefined),
          }) as never,
      },
    },
  );
  await metered.for({ tenantId: "acme" })(address, streamed);
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
  expect(given).toBeLessThan(2);
});

test("whatever was cut short, the books are the provider's invoice", async () => {
  await expect.poll(async () => (await reconciled(installation)).balanced).toBe(true);
  expect((await reconciled(installation)).unexplainedPico).toBe(0n);
});
