import { connect, type Socket } from "node:net";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { ask } from "../control-plane/control-client.ts";
import { adminKey, hello, openTestGateway, post, type TestGateway, until } from "../support/gateway.ts";
import type { Settings } from "../../src/index.ts";
import { sendRaw } from "./raw-socket.ts";

const path = "/v1/chat/completions";
const body = { ...hello, model: "gpt-4o-mini" };
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

async function open(gate: Partial<Settings["gate"]> = {}): Promise<TestGateway> {
  const gateway = await openTestGateway({
    settings: (base) => ({ ...base, gate: { ...base.gate, ...gate } }),
  });
  onTestFinished(async () => await gateway.close());
  return gateway;
}

const head = (target: string, key: string | undefined, length: number): string =>
  [
    `POST ${target} HTTP/1.1`,
    "host: localhost",
    ...(key === undefined ? [] : [`authorization: Bearer ${key}`]),
    "content-type: application/json",
    `content-length: ${length}`,
    "\r\n",
  ].join("\r\n");

/** A request whose body has so many bytes so far and never comes to its end. */
function half({ url }: TestGateway, target: string, key: string | undefined, bytes: number): void {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  sockets.push(socket);
  socket.write(head(target, key, bytes + 1_000));
  socket.write(Buffer.alloc(bytes, " "));
}

const gaugeOf = async ({ url }: TestGateway): Promise<number> => {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } });
  return Number(/^tenantry_open_holds\S* (\d+)$/m.exec(await answer.text())?.[1] ?? Number.NaN);
};

async function statusOf(gateway: TestGateway, tenant: string, asked: unknown = body): Promise<number> {
  const answer = await post(gateway, path, gateway.keys[tenant] ?? "", asked);
  await answer.text();
  return answer.status;
}

test.each([path, "/v1/messages", "/v1/messages/count_tokens", "/v1/meetings/summaries"])(
  "%s of a suspended tenant is refused before its body is read",
  async (target) => {
    const gateway = await open();
    const { text } = await sendRaw(gateway.url, [head(target, gateway.keys["gone-one"], 9_900_000), "{"], {
      deadlineMs: 1_000,
    });
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
    expect(text).toContain("tenant_suspended");
  },
);

test("the calls that a suspended tenant is refused are counted as such", async () => {
  const gateway = await open();
  expect(await statusOf(gateway, "gone-one")).toBe(403);
  await gateway.app.tenantry.close(1_000);
  await until(async () => {
    const { body: usage } = await ask(gateway, "GET", "/api/v1/usage?tenantId=gone-one");
    return JSON.stringify(usage).includes("tenant_suspended") || /"denied\w*":1\b/.test(JSON.stringify(usage));
  });
});

test("an answer that was kept is not given to a tenant that was suspended since", async () => {
  const gateway = await open();
  const [key, named] = [gateway.keys["rival"] ?? "", { "idempotency-key": "order-1" }];
  expect((await post(gateway, path, key, body, named)).status).toBe(200);
  expect((await post(gateway, path, key, body, named)).headers.get("x-tenantry-replayed")).toBe("true");
  const rival = await gateway.app.tenants.find("rival");
  if (rival === null) throw new Error("no rival");
  await gateway.app.tenants.put({ ...rival, status: "suspended" });
  const again = await post(gateway, path, key, body, named);
  expect([again.status, again.headers.get("x-tenantry-replayed")]).toEqual([403, null]);
});

test("one tenant cannot take every place: beyond its own it hears when to come back, and others are served", async () => {
  const gateway = await open({ inFlight: 8, inFlightPerTenant: 4 });
  for (let n = 0; n < 8; n += 1) half(gateway, path, gateway.keys["acme"], 1);
  await until(async () => (await statusOf(gateway, "acme")) === 503);
  const refused = await post(gateway, path, gateway.keys["acme"] ?? "", body);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await refused.json()).toMatchObject({ error: { code: "overloaded" } });
  expect(await statusOf(gateway, "rival")).toBe(200);
  for (const socket of sockets.splice(0)) socket.destroy();
  await until(async () => (await statusOf(gateway, "acme")) === 200);
});

test("bodies take no more room than there is, one tenant's no more than its share, and give it back", async () => {
  const gateway = await open({ bodyBytes: 300_000, bodyBytesPerTenant: 200_000 });
  const large = { ...body, messages: [{ role: "user", content: "x".repeat(100_000) }] };
  // The half body is there before the whole one is sent; should it come while that takes the room, it is refused.
  const isFull = async (holder: string, bytes: number, tenant: string): Promise<boolean> => {
    half(gateway, path, gateway.keys[holder], bytes);
    await statusOf(gateway, tenant);
    return (await statusOf(gateway, tenant, large)) === 503;
  };
  await until(async () => await isFull("acme", 150_000, "acme"));
  expect(await statusOf(gateway, "acme")).toBe(200);
  expect(await statusOf(gateway, "rival", large)).toBe(200);
  await until(async () => await isFull("marked-one", 120_000, "rival"));
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const tenant of ["rival", "acme"]) await until(async () => (await statusOf(gateway, tenant, large)) === 200);
  // What was let in leaves no trace either.
  for (let n = 0; n < 4; n += 1) expect(await statusOf(gateway, "acme", large)).toBe(200);
  expect(await gaugeOf(gateway)).toBe(0);
});

test.each([
  ["members", `{"model":"gpt-4o-mini","messages":[],${Array.from({ length: 300 }, (_, n) => `"k${n}":1`).join()}}`],
  ["values", `{"model":"gpt-4o-mini","messages":[{"role":"user","content":[${'{"a":"b"},'.repeat(60_000)}1]}]}`],
  ["values", `{"model":"gpt-4o-mini","messages":[${`${'{"a":'.repeat(90)}1${"}".repeat(90)},`.repeat(1_200)}1]}`],
])("a body of too many %s is refused before it is parsed", async (what, text) => {
  const gateway = await open();
  const answer = await post(gateway, path, gateway.keys["acme"] ?? "", text);
  expect(answer.status).toBe(400);
  expect(await answer.text()).toMatch(new RegExp(`more than \\d+ ${what}`));
});

test("bodies of nobody take no place of the control plane: operators are served, and the others hear why not", async () => {
  const gateway = await open();
  for (let n = 0; n < 120; n += 1) half(gateway, "/api/v1/keys", undefined, 1);
  const first = sockets[0] as Socket;
  const told = new Promise<string>((resolve) => first.once("data", (bytes: Buffer) => resolve(bytes.toString())));
  expect(await told).toMatch(/^HTTP\/1\.1 401 /);
  for (let n = 0; n < 5; n += 1) expect((await ask(gateway, "GET", "/api/v1/keys")).status).toBe(200);
});

test.each([
  ["an unknown path", "/api/v1/nothing", "admin", 404],
  ["a method that is not served", "/api/v1/me", "admin", 405],
  ["a key that may not", "/api/v1/keys", "acme", 403],
])("%s is told before the body is read", async (_, target, who, status) => {
  const gateway = await open();
  const key = who === "admin" ? adminKey : gateway.keys[who];
  const { statuses } = await sendRaw(gateway.url, [head(target, key, 1_000), "{"], { deadlineMs: 2_000 });
  expect(statuses).toEqual([status]);
});

test(
  "a body of an operator's that does not come gives its place back after ten seconds",
  { timeout: 20_000 },
  async () => {
    const gateway = await open();
    const begun = performance.now();
    const { statuses } = await sendRaw(gateway.url, [head("/api/v1/keys", adminKey, 1_000), "{"], {
      deadlineMs: 15_000,
    });
    expect(statuses).toEqual([408]);
    expect(performance.now() - begun).toBeGreaterThan(9_000);
    expect(performance.now() - begun).toBeLessThan(13_000);
  },
);

test("TRACE is a 405 that says what is served, and no fault of ours", async () => {
  const gateway = await open();
  for (const [target, status] of [
    ["/api/v1/keys", 405],
    ["/api/v1/nothing", 404],
  ] as const) {
    const { text } = await sendRaw(gateway.url, [
      `TRACE ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
    ]);
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    if (status === 405) expect(text.toLowerCase()).toContain("allow: get, post, head");
  }
  expect(gateway.logged.filter(({ event }) => event === "control-request-failed")).toEqual([]);
});
