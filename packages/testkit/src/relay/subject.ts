import assert from "node:assert/strict";
import type { ChatModel, Relay, RelayOptions, RelayRequest } from "@tenantry/core";
import { ask, type ChatModelSubject, sendOptions } from "../chat-model/subject.ts";
import { answered, type Way, ways } from "../chat-model/observe.ts";
import type { Opened } from "../contract.ts";
import { type Scenario, scenarios } from "../wire/scenario.ts";
import { openWireServer, type WireReply, type WireRequest } from "../wire/wire-server.ts";
import { writeScenario } from "../wire/write-scenario.ts";

/** Names of the members a relay may change, in the vendor's protocol. */
export interface ChangedMembers {
  readonly outputLimit: string;
  /** What asks for usage in a stream; null where the vendor reports it unasked. */
  readonly usage: string | null;
  /** What lets the vendor keep the answer in its account; null where it keeps none. */
  readonly store: string | null;
  /** What holds a name of the caller's that means something in the vendor's account: a cache's key, an end user's identity. */
  readonly names: readonly string[];
}

export interface RelaySubjectOptions {
  readonly dialect: ChatModelSubject["dialect"];
  /** The operation that takes the dialect's chat requests. */
  readonly operation: string;
  readonly changed: ChangedMembers;
  /** Headers of a caller that go on to the provider, lower case. */
  readonly crossing: readonly string[];
  /** The relay under test with a made-up key of at least 20 characters, and at most so many connections. */
  create(baseUrl: string, maxConnections?: number): Relay;
  /** The same provider's `ChatModel` with the same key: the relay fails as it does, and reads what it reads. */
  createModel(baseUrl: string): ChatModel;
}

/** A relay that talks to a loopback server, a chat model that talks to the same, and the server. */
export interface RelaySubject extends RelaySubjectOptions {
  readonly relay: Relay;
  readonly model: ChatModel;
  readonly server: ChatModelSubject["server"];
  /** What the vendor's own SDK sends for `ask()`. */
  readonly bodies: Readonly<Record<Way, string>>;
}

/** Opens a wire server and a relay that talks to it: what `testContract(relayContract, { open })` needs. */
export async function openRelaySubject(options: RelaySubjectOptions): Promise<Opened<RelaySubject>> {
  const bodies = await bodiesOf(options);
  const server = await openWireServer();
  const baseUrl = server.origin + options.dialect.basePath;
  return {
    subject: { ...options, relay: options.create(baseUrl), model: options.createModel(baseUrl), server, bodies },
    close: async () => await server.close(),
  };
}

/** By the factory of the chat model, which is the same for many subjects. */
const recorded = new WeakMap<RelaySubjectOptions["createModel"], Promise<RelaySubject["bodies"]>>();

async function bodiesOf(options: RelaySubjectOptions): Promise<RelaySubject["bodies"]> {
  const bodies = recorded.get(options.createModel) ?? recordBodies(options);
  recorded.set(options.createModel, bodies);
  return await bodies;
}

async function recordBodies({ dialect, createModel }: RelaySubjectOptions): Promise<Record<Way, string>> {
  const server = await openWireServer();
  server.play((request) => writeScenario(dialect, scenarios.ok, request));
  const model = createModel(server.origin + dialect.basePath);
  for (const way of ways) await answered(model, way, ask(), sendOptions());
  await server.close();
  const [complete, stream] = server.requests.map(({ text }) => text);
  assert(complete !== undefined && stream !== undefined);
  return { complete, stream };
}

type Body = Record<string, unknown>;

/** A request as the vendor's SDK sends it, with some members changed; undefined takes one out. */
export function requestOf(
  { operation, bodies }: RelaySubject,
  way: Way,
  some: Body = {},
  headers: RelayRequest["headers"] = {},
): RelayRequest {
  return { operation, headers, body: JSON.stringify({ ...(JSON.parse(bodies[way]) as Body), ...some }) };
}

/** The same request without asking for usage. */
export function unasked(subject: RelaySubject): RelayRequest {
  const { usage } = subject.changed;
  return requestOf(subject, "stream", usage === null ? {} : { [usage]: undefined });
}

/** Options under which a request of `requestOf` needs no change but `store`. */
export function relayOptions(some: Partial<RelayOptions> = {}): RelayOptions {
  return { ...sendOptions(), tenantId: "tenant-1", store: false, maxOutputTokens: 64, ...some };
}

/** All bytes of a reply. */
export function bytesOf(reply: WireReply): Buffer {
  return Buffer.concat(reply.map((step) => (step.type === "bytes" ? Buffer.from(step.bytes) : Buffer.alloc(0))));
}

/** All bytes the vendor would send for a scenario if it were asked with this body. */
export function bytesFor({ dialect }: RelaySubject, scenario: Scenario, { body }: RelayRequest): Buffer {
  const request: WireRequest = {
    method: "POST",
    path: dialect.chatPath,
    headers: {},
    text: body,
    body: JSON.parse(body) as unknown,
    closed: Promise.resolve(),
    closedEarly: false,
    bytesAfterClose: 0,
  };
  return bytesOf(writeScenario(dialect, scenario, request));
}
