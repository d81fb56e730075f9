import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hello, openTestGateway, post, type TestGateway } from "../support/gateway.ts";
import { ask } from "./control-client.ts";

let gateway: TestGateway;
/** Everything the first tenant was told, and the ids found in it. */
let told = "";
let ids: readonly string[] = [];
let cursors: Readonly<Record<"calls" | "keys", string>>;
const idempotencyKey = "one-and-the-same";

/** Ids of ours and of providers. */
const idForm = /\b(?:call|att|key|req|msg|resp|chatcmpl)[_-]\w{10,}/g;

const mine = (): string => gateway.keys["acme"] ?? "";
const theirs = (): string => gateway.keys["rival"] ?? "";

beforeAll(async () => {
  gateway = await openTestGateway();
  const headers = { "x-tenantry-user": "user-of-acme", "x-tenantry-session": "session-of-acme" };
  const hear = async (answer: Response): Promise<void> => {
    told += [...answer.headers].join("\n") + (await answer.text());
  };
  await hear(
    await post(gateway, "/v1/chat/completions", mine(), hello, { ...headers, "idempotency-key": idempotencyKey }),
  );
  await hear(await post(gateway, "/v1/chat/completions", mine(), { ...hello, stream: true }, headers));
  await hear(await post(gateway, "/v1/responses", mine(), { input: "Hello." }, headers));
  await hear(await post(gateway, "/v1/messages", mine(), { ...hello, max_tokens: 20 }, headers));
  await post(gateway, "/v1/chat/completions", theirs(), hello);
  await gateway.app.keys.create({ scope: "tenant", tenantId: "acme" });
  const pages = await Promise.all(
    ["calls", "keys"].map(async (list) => await ask(gateway, "GET", `/api/v1/${list}?limit=1`, { key: mine() })),
  );
  const calls = await ask(gateway, "GET", "/api/v1/calls", { key: mine() });
  for (const { callId } of calls.body.rows) {
    told += (await ask(gateway, "GET", `/api/v1/calls/${String(callId)}`, { key: mine() })).text;
  }
  told += [...pages, calls].map(({ text }) => text).join("\n");
  ids = [...new Set(told.match(idForm))];
  cursors = { calls: pages[0]?.body.nextCursor ?? "", keys: pages[1]?.body.nextCursor ?? "" };
});
afterAll(async () => await gateway.close());

/** Nothing of the first tenant is in the text, but for what the request itself said. */
function expectNothingIn(text: string, ...asked: readonly string[]): void {
  const found = ids.filter((id) => text.includes(id) && !asked.includes(id));
  expect(found).toEqual([]);
  expect(text).not.toMatch(/"acme"|user-of-acme|session-of-acme/);
}

test("there are ids of every kind to be replayed", () => {
  for (const kind of ["call_", "att_", "key_", "chatcmpl-", "resp_", "msg_"]) {
    expect(
      ids.some((id) => id.startsWith(kind)),
      kind,
    ).toBe(true);
  }
});

test("no id opens anything wherever an id is taken", async () => {
  for (const id of ids) {
    for (const path of [`calls/${id}`, `calls/${id}/explain`, `keys/${id}`, `tenants/${id}`, `tiers/${id}`]) {
      const { status, text } = await ask(gateway, "GET", `/api/v1/${path}`, { key: theirs() });
      expect(status, path).toBe(404);
      expectNothingIn(text, id);
    }
  }
});

test("no id can be ended or replaced", async () => {
  for (const id of ids.filter((one) => one.startsWith("key_"))) {
    expect((await ask(gateway, "DELETE", `/api/v1/keys/${id}`, { key: theirs() })).status).toBe(403);
    expect((await ask(gateway, "POST", `/api/v1/keys/${id}/rotate`, { key: theirs(), body: {} })).status).toBe(403);
  }
  expect((await ask(gateway, "GET", "/api/v1/me", { key: mine() })).status).toBe(200);
});

describe("cursors and filters", () => {
  test.each(["calls", "keys"] as const)("another tenant's cursor of %s shows nothing of it", async (list) => {
    expect(cursors[list]).not.toBe("");
    const { status, text } = await ask(gateway, "GET", `/api/v1/${list}?limit=200&cursor=${cursors[list]}`, {
      key: theirs(),
    });
    expect(status).toBe(200);
    expectNothingIn(text);
  });

  test("another tenant's users and sessions have no usage and no calls", async () => {
    for (const query of [
      "usage?userId=user-of-acme",
      "usage?sessionId=session-of-acme",
      "calls?sessionId=session-of-acme",
    ]) {
      const { status, body } = await ask(gateway, "GET", `/api/v1/${query}`, { key: theirs() });
      expect([status, body.rows]).toEqual([200, []]);
    }
  });

  test.each(["usage", "sla", "calls", "keys"])(
    "%s of another tenant is told as of one that does not exist",
    async (list) => {
      const asked = async (tenantId: string): Promise<unknown> => {
        const { status, body } = await ask(gateway, "GET", `/api/v1/${list}?tenantId=${tenantId}`, { key: theirs() });
        return [status, body["code"], String(body["detail"]).replace(tenantId, "ID")];
      };
      expect(await asked("acme")).toEqual(await asked("nobody"));
      expect(await asked("acme")).toEqual([404, "not_found", 'there is no tenant "ID"']);
    },
  );
});

describe("on the data plane", () => {
  test("another tenant's Idempotency-Key gives no answer of it", async () => {
    const answer = await post(gateway, "/v1/chat/completions", theirs(), hello, { "idempotency-key": idempotencyKey });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-tenantry-replayed")).toBeNull();
    expectNothingIn([...answer.headers].join("\n") + (await answer.text()));
  });

  test("another tenant's response cannot be continued", async () => {
    for (const id of ids.filter((one) => /^(?:resp|chatcmpl|msg)/.test(one))) {
      const answer = await post(gateway, "/v1/responses", theirs(), { input: "Go on.", previous_response_id: id });
      expect(answer.status).toBe(400);
      expectNothingIn(await answer.text(), id);
    }
  });
});
