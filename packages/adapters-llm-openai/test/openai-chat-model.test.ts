import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { TenantryError, type ChatModel } from "@tenantry/core";
import { OpenAI } from "openai";
import { openWireServer, scenarios, writeScenario, type WireRequest, type WireServer } from "@tenantry/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createOpenAIChatModel, type OpenAIChatModelOptions } from "../src/index.ts";
import { openAIDialect } from "./wire-dialect.ts";

const apiKey = "sk-test-0123456789abcdefghij";
const request = { messages: [{ role: "user" as const, content: "hello" }], maxOutputTokens: 9 };
const send = () => ({ model: "gpt-5.4", attemptId: "attempt-1", signal: new AbortController().signal });

let server: WireServer;
beforeEach(async () => {
  server = await openWireServer();
  server.play((received) => writeScenario(openAIDialect, scenarios.ok, received));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

function create(some: Partial<OpenAIChatModelOptions> = {}): ChatModel {
  return createOpenAIChatModel({ apiKey, baseUrl: `${server.origin}/v1`, ...some });
}

async function failure(call: Promise<unknown>): Promise<TenantryError> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!TenantryError.is(error)) throw new Error(`expected a TenantryError, got ${String(error)}`);
  return error;
}

function only(): WireRequest {
  const [received] = server.requests;
  if (received === undefined) throw new Error("nothing was sent");
  return received;
}

describe("options", () => {
  it("are refused with every problem at once", () => {
    const options = {
      apiKey: "line\nbreak",
      baseUrl: "ftp://example.com",
      provider: "a/b",
      organization: "\u0000",
      project: "\u0000",
      timeoutMs: 0,
      headers: { "bad name": "x" },
      maxTokensField: "tokens" as "max_tokens",
    };
    const error = (() => {
      try {
        return createOpenAIChatModel(options);
      } catch (thrown) {
        return thrown;
      }
    })() as TenantryError;
    expect(error.code).toBe("invalid_configuration");
    expect(error.issues.map(({ path }) => path)).toEqual([
      "apiKey",
      "baseUrl",
      "provider",
      "organization",
      "project",
      "timeoutMs",
      "headers.bad name",
      "maxTokensField",
    ]);
    expect(inspect(error)).not.toContain("break");
  });

  it("take a key that was read with the line break of its file", async () => {
    await create({ apiKey: `${apiKey}\n` }).complete(request, send());
    expect(only().headers["authorization"]).toBe(`Bearer ${apiKey}`);
  });

  it("decide organisation, project and further headers", async () => {
    await create({ organization: "org-1", project: "proj-1", headers: { "x-team": "meetings" } }).complete(
      request,
      send(),
    );
    expect(only().headers).toMatchObject({
      "openai-organization": "org-1",
      "openai-project": "proj-1",
      "x-team": "meetings",
      authorization: `Bearer ${apiKey}`,
    });
  });

  it("are not completed from the environment", async () => {
    vi.stubEnv("OPENAI_ORG_ID", "org-of-the-environment");
    vi.stubEnv("OPENAI_PROJECT_ID", "project-of-the-environment");
    vi.stubEnv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1");
    vi.stubEnv("OPENAI_API_KEY", "sk-of-the-environment");
    await create().complete(request, send());
    const headers = JSON.stringify(only().headers);
    expect(headers).not.toContain("environment");
  });

  it("give another server its own name, in results and errors", async () => {
    const model = create({ provider: "local" });
    expect(model.provider).toBe("local");
    server.play((received) => writeScenario(openAIDialect, scenarios.serverError, received));
    expect((await failure(model.complete(request, send()))).upstream?.provider).toBe("local");
  });
});

describe("the model", () => {
  it("waits no longer than timeoutMs for the answer to begin", async () => {
    server.play((received) => writeScenario(openAIDialect, scenarios.hang, received));
    for (const call of [create({ timeoutMs: 50 }).complete, create({ timeoutMs: 50 }).stream]) {
      const error = await failure(call(request, send()) as Promise<unknown>);
      expect(error).toMatchObject({
        code: "upstream_timeout",
        retryable: true,
        upstream: { kind: "timeout", fault: "provider" },
      });
    }
  });

  it("keeps the values of further headers out of errors", async () => {
    const headers = { "x-proxy-token": "proxy-token-4711" };
    server.play(() => [
      { type: "head", status: 400, headers: { "content-type": "application/json" } },
      { type: "bytes", bytes: '{"error":{"message":"bad token proxy-token-4711"}}' },
    ]);
    const error = await failure(create({ headers }).complete(request, send()));
    expect(inspect(error, { depth: 12, showHidden: true })).not.toContain("4711");
  });

  it("prints nothing, also when it cannot read a stream and the SDK's log is on", async () => {
    vi.stubEnv("OPENAI_LOG", "debug");
    const prints = (["log", "info", "debug", "warn", "error"] as const).map((name) => vi.spyOn(console, name));
    server.play((received) => writeScenario(openAIDialect, scenarios.brokenJson, received));
    const read = async (): Promise<void> => {
      for await (const _event of await create().stream(request, send())) continue;
    };
    await failure(read());
    for (const print of prints) {
      expect(print).not.toHaveBeenCalled();
      print.mockRestore();
    }
  });

  it("does not depend on the method that tracers patch: theirs hand on a plain promise, and count the call again", async () => {
    const patched = vi.spyOn(OpenAI.Chat.Completions.prototype, "create").mockRejectedValue(new Error("traced"));
    try {
      await expect(create().complete(request, send())).resolves.toMatchObject({ finishReason: "stop" });
      expect(only().path).toBe("/v1/chat/completions");
    } finally {
      patched.mockRestore();
    }
  });

  it("takes an error inside a 200 for a failure, with the usage beside it", async () => {
    const usage = { prompt_tokens: 7, completion_tokens: 0, total_tokens: 7 };
    server.play(() => [
      { type: "head", status: 200, headers: { "content-type": "application/json" } },
      { type: "bytes", bytes: JSON.stringify({ error: { code: 502, message: "the model is gone" }, usage }) },
    ]);
    const error = await failure(create().complete(request, send()));
    expect(error).toMatchObject({
      upstream: { kind: "server-error", providerCode: "502", usage: { tokens: { input: 7 } } },
    });
  });

  it("gives up an answer without choices, but not its usage", async () => {
    const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
    server.play(() => [
      { type: "head", status: 200, headers: { "content-type": "application/json" } },
      { type: "bytes", bytes: JSON.stringify({ id: "chatcmpl-1", choices: [], usage }) },
    ]);
    const error = await failure(create().complete(request, send()));
    expect(error).toMatchObject({ upstream: { kind: "malformed", usage: { tokens: { input: 7, output: 3 } } } });
  });

  it("is the caller's to mend when the request cannot be written as JSON", async () => {
    const error = await failure(create().complete({ ...request, extra: { seed: 1n } }, send()));
    expect(error).toMatchObject({ upstream: { kind: "not-sent", fault: "caller" }, retryable: false });
    expect(server.requests).toHaveLength(0);
  });
});

describe("a failed connection", () => {
  const system = (code: string, some: object = {}): Error =>
    Object.assign(new Error("timed out or not"), { code, ...some });
  const fetching = (cause: unknown): ChatModel =>
    create({
      fetch: async () => {
        throw new TypeError("fetch failed", { cause });
      },
    });

  it.each([
    ["unknown host", system("ENOTFOUND")],
    ["name server down", system("EAI_AGAIN")],
    ["refused", system("ECONNREFUSED")],
    ["refused on every address", new AggregateError([system("ECONNREFUSED"), system("ECONNREFUSED")])],
    ["connect timeout of the system", system("ETIMEDOUT", { syscall: "connect" })],
    ["connect timeout of the client", system("UND_ERR_CONNECT_TIMEOUT")],
    ["expired certificate", system("CERT_HAS_EXPIRED")],
    ["self-signed certificate", system("DEPTH_ZERO_SELF_SIGNED_CERT")],
    ["unknown issuer", system("UNABLE_TO_GET_ISSUER_CERT_LOCALLY")],
    ["wrong host name", system("ERR_TLS_CERT_ALTNAME_INVALID")],
    ["wrong protocol", system("ERR_SSL_WRONG_VERSION_NUMBER")],
  ])("is not-sent: %s", async (_name, cause) => {
    expect((await failure(fetching(cause).complete(request, send()))).upstream?.kind).toBe("not-sent");
  });

  it.each([
    ["reset", system("ECONNRESET")],
    ["broken pipe", system("EPIPE")],
    ["socket closed", system("UND_ERR_SOCKET")],
    ["time-out of an established connection", system("ETIMEDOUT", { syscall: "read" })],
    ["unheard of", new Error("?")],
    ["no cause", undefined],
  ])("counts as sent: %s", async (_name, cause) => {
    expect((await failure(fetching(cause).complete(request, send()))).upstream?.kind).toBe("reset");
  });

  it.each([
    ["headers", system("UND_ERR_HEADERS_TIMEOUT")],
    ["body", system("UND_ERR_BODY_TIMEOUT")],
  ])("is a time-out when the client's own limit passed: %s", async (_name, cause) => {
    const error = await failure(fetching(cause).complete(request, send()));
    expect(error).toMatchObject({ code: "upstream_timeout", upstream: { kind: "timeout" } });
  });

  it("survives a chain of causes that bites its tail", async () => {
    const loop = new Error("loop") as Error & { cause: unknown };
    loop.cause = loop;
    expect((await failure(fetching(loop).complete(request, send()))).upstream?.kind).toBe("reset");
  });
});

describe("one connection", () => {
  it("serves many streams, one after the other", async () => {
    const { origin, sockets, answered, close } = await openCountingServer();
    const model = createOpenAIChatModel({ apiKey, baseUrl: `${origin}/v1` });
    for (let count = 0; count < 10; count += 1) {
      const types: string[] = [];
      for await (const event of await model.stream(request, send())) types.push(event.type);
      expect(types.at(-1)).toBe("end");
      await answered();
    }
    await close();
    expect(sockets()).toBeLessThan(5);
  });
});

/** A server whose bodies end a little after their last event, as behind a proxy. */
async function openCountingServer(): Promise<{
  origin: string;
  sockets(): number;
  /** The last answer has gone out, or its connection is gone. */
  answered(): Promise<void>;
  close(): Promise<void>;
}> {
  const body = openAIDialect
    .events(scenarios.ok.answer)
    .map(({ data }) => `data: ${data}\n\n`)
    .join("");
  let sockets = 0;
  let last: Promise<void> = Promise.resolve();
  const counting = createServer((incoming, response) => {
    last = new Promise((resolve) => response.once("close", resolve));
    incoming.resume().once("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(body, () => setImmediate(() => response.end()));
    });
  }).on("connection", () => (sockets += 1));
  await new Promise<void>((resolve) => counting.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(counting.address() as AddressInfo).port}`,
    sockets: () => sockets,
    async answered() {
      await last;
      await new Promise((resolve) => setImmediate(resolve));
    },
    async close() {
      counting.closeAllConnections();
      await new Promise((resolve) => counting.close(resolve));
    },
  };
}
