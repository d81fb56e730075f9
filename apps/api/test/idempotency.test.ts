import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { TenantryError } from "@tenantry/core";
import { hello, openTestGateway, post, type TestGateway, until } from "./support/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway();
});
afterEach(() => {
  gateway.simulator.reset();
  gateway.simulator.setLatency({});
});
afterAll(async () => await gateway.close());

const path = "/v1/chat/completions";
const body = { ...hello, model: "gpt-4o-mini" };
let made = 0;
const fresh = (): Record<string, string> => ({ "idempotency-key": `key-${(made += 1)}` });

async function call(
  headers: Record<string, string>,
  asked: object = body,
  tenant = "acme",
  route = path,
): Promise<Response> {
  return await post(gateway, route, gateway.keys[tenant] ?? "", asked, headers);
}

const billed = (): number => gateway.simulator.invoice().lines.length;

async function codeOf(answer: Response): Promise<unknown> {
  return ((await answer.json()) as { error: { code: unknown } }).error.code;
}

test.each([false, true])(
  "a repeated call is answered with the same bytes and billed once (stream: %s)",
  async (stream) => {
    const key = fresh();
    const first = await call(key, { ...body, stream });
    const firstBytes = await first.text();
    const second = await call(key, { ...body, stream });
    expect(await second.text()).toBe(firstBytes);
    expect(second.status).toBe(200);
    expect(second.headers.get("x-tenantry-replayed")).toBe("true");
    for (const name of ["content-type", "x-tenantry-call-id", "x-tenantry-model", "x-tenantry-attempts"]) {
      expect(second.headers.get(name)).toBe(first.headers.get(name));
    }
    // Of a stream it is known only now.
    expect(second.headers.get("x-tenantry-charge-usd")).toMatch(/^0\.0000\d+$/);
    if (!stream) expect(second.headers.get("x-tenantry-charge-usd")).toBe(first.headers.get("x-tenantry-charge-usd"));
    // Where the windows stood then is not where they stand now.
    expect(first.headers.has("ratelimit")).toBe(true);
    expect(second.headers.has("ratelimit")).toBe(false);
    expect(billed()).toBe(1);
  },
);

test("translated answers are kept as well", async () => {
  const key = fresh();
  const asked = { ...body, model: "claude-haiku-4-5", stream: true };
  const first = await (await call(key, asked)).text();
  expect(await (await call(key, asked)).text()).toBe(first);
  expect(billed()).toBe(1);
});

test("the same key with another body is a 409", async () => {
  const key = fresh();
  await (await call(key)).text();
  const other = await call(key, { ...body, temperature: 0 });
  expect(other.status).toBe(409);
  expect(other.headers.get("x-should-retry")).toBe("false");
  expect(await codeOf(other)).toBe("idempotency_key_reused");
});

test("of two at once one is made; the other hears when to come back, and then gets its answer", async () => {
  gateway.simulator.setLatency({ timeToFirstByteMs: 500 });
  const key = fresh();
  const answers = await Promise.all([call(key), call(key), call(key)]);
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([200, 409, 409]);
  const busy = answers.find(({ status }) => status === 409);
  expect(busy?.headers.get("retry-after")).toBe("1");
  expect(await codeOf(busy as Response)).toBe("idempotency_key_in_use");
  const later = await call(key);
  expect(await later.text()).toBe(await (answers.find(({ status }) => status === 200) as Response).text());
  expect(billed()).toBe(1);
});

test("a key belongs to its tenant and route", async () => {
  const key = fresh();
  const [mine, theirs] = [await call(key), await call(key, body, "rival")];
  expect(theirs.headers.get("x-tenantry-replayed")).toBeNull();
  expect(theirs.headers.get("x-tenantry-call-id")).not.toBe(mine.headers.get("x-tenantry-call-id"));
  const elsewhere = await call(key, { model: "gpt-4o-mini", input: "Hello." }, "acme", "/v1/responses");
  expect(elsewhere.headers.get("x-tenantry-replayed")).toBeNull();
  expect(billed()).toBe(3);
});

test("a denial is not remembered", async () => {
  const key = fresh();
  const denied = { ...body, model: "gpt-9" };
  expect((await call(key, denied)).status).toBe(403);
  expect((await call(key, denied)).status).toBe(403);
  expect((await call(key)).status).toBe(200);
});

test("a failure whose cost is known is an answer, and is told again without a second chain", async () => {
  const key = fresh();
  gateway.simulator.plan([{ fault: { kind: "status", status: 400, message: "no" } }]);
  const first = await call(key);
  gateway.simulator.plan([]);
  const second = await call(key);
  expect(second.status).toBe(400);
  expect(await second.text()).toBe(await first.text());
  expect(billed()).toBe(0);
});

test("an attempt of unknown outcome is a 409 for ever, never a second chain", async () => {
  const key = fresh();
  gateway.simulator.plan([{ fault: { kind: "billed-then-reset" } }]);
  expect((await call(key)).status).toBe(502);
  const before = billed();
  gateway.simulator.plan([]);
  const again = await call(key);
  expect(again.status).toBe(409);
  expect(again.headers.get("x-should-retry")).toBe("false");
  expect(await codeOf(again)).toBe("idempotency_key_spent");
  expect(billed()).toBe(before);
});

test("where the tier keeps no answers, a call that was made is not made again and its answer is not given again", async () => {
  const key = fresh();
  const asked = { ...hello, model: "gpt-4o-mini" };
  const first = await call(key, asked, "marked-one");
  expect(first.status).toBe(200);
  const again = await call(key, asked, "marked-one");
  expect([again.status, await codeOf(again)]).toEqual([409, "idempotency_key_spent"]);
  expect(billed()).toBe(1);
});

test("a failure that is kept does not say when to retry it", async () => {
  const key = fresh();
  const asked = { model: "text-embedding-3-small", input: "one" };
  gateway.simulator.plan([{ fault: { kind: "status", status: 429, retryAfterMs: 20_000 } }]);
  const first = await call(key, asked, "acme", "/v1/embeddings");
  expect([first.status, first.headers.get("retry-after")]).toEqual([502, "20"]);
  gateway.simulator.plan([]);
  const again = await call(key, asked, "acme", "/v1/embeddings");
  expect([again.status, again.headers.get("x-tenantry-replayed")]).toEqual([502, "true"]);
  expect(again.headers.get("retry-after")).toBeNull();
  expect(await again.text()).toBe(await first.text());
});

test("a stream its caller left is spent", async () => {
  gateway.simulator.setLatency({ perTokenMs: 100 });
  const key = fresh();
  const controller = new AbortController();
  const answer = await fetch(gateway.url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${gateway.keys["acme"]}`, ...key },
    body: JSON.stringify({ ...body, stream: true }),
    signal: controller.signal,
  });
  await answer.body?.getReader().read();
  controller.abort();
  let last = await call(key, { ...body, stream: true });
  await until(async () => {
    last = await call(key, { ...body, stream: true });
    return last.status === 409 && (await codeOf(last.clone())) === "idempotency_key_spent";
  });
  expect(billed()).toBeLessThanOrEqual(1);
});

test("meeting summaries keep their answers too", async () => {
  const key = fresh();
  const asked = { transcript: "Ann: We ship on Friday.\nBob: I will write the notes." };
  const first = await (await call(key, asked, "acme", "/v1/meetings/summaries")).text();
  expect(await (await call(key, asked, "acme", "/v1/meetings/summaries")).text()).toBe(first);
  expect(billed()).toBe(1);
});

test("a key that is no key is a 400", async () => {
  expect((await call({ "idempotency-key": "k".repeat(300) })).status).toBe(400);
});

test.each([0, 1])(
  "a key is one bill also where answers are kept for %i ms: repeated it is spent, and names its call",
  async (answersKeptMs) => {
    const forgetful = await openTestGateway({
      settings: (base) => ({ ...base, dataPlane: { ...base.dataPlane, answersKeptMs } }),
    });
    try {
      const key = fresh();
      const first = await post(forgetful, path, forgetful.keys["acme"] ?? "", body, key);
      expect(first.status).toBe(200);
      for (let n = 0; n < 3; n += 1) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        const again = await post(forgetful, path, forgetful.keys["acme"] ?? "", body, key);
        expect(again.status).toBe(409);
        expect(await again.text()).toContain(first.headers.get("x-tenantry-call-id"));
      }
      expect(forgetful.simulator.invoice().lines).toHaveLength(1);
    } finally {
      await forgetful.close();
    }
  },
);

test("when the answers cannot be kept nothing is sent", async () => {
  const full = new TenantryError("unavailable", "the database's disk is full", { retryable: true });
  const closed = await openTestGateway({
    app: (app) => ({
      ...app,
      storage: {
        ...app.storage,
        answers: { ...app.storage.answers, start: async () => await Promise.reject(full) },
      },
    }),
  });
  try {
    const answer = await post(closed, path, closed.keys["acme"] ?? "", body, fresh());
    expect(answer.status).toBe(503);
    expect(closed.simulator.invoice().lines).toHaveLength(0);
  } finally {
    await closed.close();
  }
});
