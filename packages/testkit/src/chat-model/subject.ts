import type { CancelSignal, ChatModel, ChatRequest, SendOptions } from "@tenantry/core";
import type { Opened } from "../contract.ts";
import type { RequestFacts } from "../wire/facts.ts";
import type { Scenario } from "../wire/scenario.ts";
import type { WireDialect } from "../wire/wire-dialect.ts";
import { openWireServer, type WireRequest, type WireServer } from "../wire/wire-server.ts";
import { writeScenario } from "../wire/write-scenario.ts";

/** A chat model that talks to a loopback server, and the server. */
export interface ChatModelSubject {
  readonly model: ChatModel;
  readonly server: WireServer;
  readonly dialect: WireDialect;
  /** Another model of the same kind, with the same key, at another base URL. */
  create(baseUrl: string): ChatModel;
}

export interface ChatModelSubjectOptions {
  readonly dialect: WireDialect;
  /** The adapter under test with a made-up key of at least 20 characters. */
  create(baseUrl: string): ChatModel;
}

/** Opens a wire server and a model that talks to it: what `testContract(chatModelContract, { open })` needs. */
export async function openChatModelSubject(options: ChatModelSubjectOptions): Promise<Opened<ChatModelSubject>> {
  const server = await openWireServer();
  const model = options.create(server.origin + options.dialect.basePath);
  return {
    subject: { ...options, model, server },
    close: async () => await server.close(),
  };
}

/** A server and what it speaks. */
export type WirePlayer = Pick<ChatModelSubject, "server" | "dialect">;

/** Answers every request from now on with one scenario, or with one chosen from what was asked. */
export function play(
  subject: WirePlayer,
  scenario: Scenario | ((asked: RequestFacts, request: WireRequest) => Scenario),
): void {
  const { server, dialect } = subject;
  server.play((request) => {
    const chosen = typeof scenario === "function" ? scenario(dialect.readRequest(request), request) : scenario;
    return writeScenario(dialect, chosen, request);
  });
}

/** The one request that reached the server, read back. */
export function soleRequest(subject: WirePlayer): { request: WireRequest; asked: RequestFacts } {
  const [request, ...others] = subject.server.requests;
  if (request === undefined) throw new Error("no request reached the server");
  if (others.length > 0) throw new Error(`${others.length + 1} requests reached the server instead of one`);
  return { request, asked: subject.dialect.readRequest(request) };
}

/** A request of one user message. */
export function ask(text: string = "What was agreed?", some: Partial<ChatRequest> = {}): ChatRequest {
  return { messages: [{ role: "user", content: text }], maxOutputTokens: 64, ...some };
}

export function sendOptions(some: Partial<SendOptions> = {}): SendOptions {
  return { model: "model-asked-for", attemptId: "attempt-1", signal: new AbortController().signal, ...some };
}

/** A signal that is no `AbortSignal`, and knows how many listen. */
export interface CountingSignal extends CancelSignal {
  readonly listeners: number;
  fire(reason: unknown): void;
}

export function createCountingSignal(): CountingSignal {
  const listeners = new Set<() => void>();
  let fired: { reason: unknown } | null = null;
  return {
    get aborted() {
      return fired !== null;
    },
    get reason() {
      return fired?.reason;
    },
    get listeners() {
      return listeners.size;
    },
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
    fire(reason) {
      fired = { reason };
      for (const listener of [...listeners]) listener();
      listeners.clear();
    },
  };
}
