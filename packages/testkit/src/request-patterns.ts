import { Agent, createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";

/** One request of somebody's, with ids that no other has. */
export interface PlannedRequest {
  readonly index: number;
  readonly tenantId: string;
  readonly userId: string | null;
  readonly sessionId: string | null;
}

/** What a program does for a request: it calls models for whose request it is, and answers with the ids of those calls. */
export type ServeRequest = (planned: PlannedRequest) => Promise<readonly string[]>;

/** A way in which programs come to know whose request it is, while they serve many at once. */
export interface RequestPattern {
  readonly name: string;
  readonly planned: readonly PlannedRequest[];
  /** Serves all of them; the answers are in the order of `planned`. */
  run(serve: ServeRequest): Promise<readonly (readonly string[])[]>;
}

const tenants = ["apex-legal", "stratex-consulting", "techstart-inc"] as const;
const requestsPerTenant = 50;

/**
 * The patterns in which ids that are set and not passed leak from one request into another: a process-global setter, or
 * one that is bound to the asynchronous context of whoever happens to call it, fails most of them.
 */
export const requestPatterns: readonly RequestPattern[] = [
  {
    name: "one after another",
    planned: plan("sequential"),
    async run(serve) {
      const answers: (readonly string[])[] = [];
      for (const one of this.planned) answers.push(await serve(one));
      return answers;
    },
  },
  {
    name: "ids taken in the handler itself",
    planned: plan("handler"),
    async run(serve) {
      return await together(this.planned, async (one) => {
        await yieldTurns(one.index);
        return await serve(one);
      });
    },
  },
  {
    name: "ids from a helper that is awaited",
    planned: plan("helper"),
    async run(serve) {
      return await together(this.planned, async (one) => await serve(await authenticate(one)));
    },
  },
  {
    name: "ids from a callback that resolves a promise",
    planned: plan("callback"),
    async run(serve) {
      return await together(
        this.planned,
        async (one) =>
          await new Promise((resolve, reject) => {
            setTimeout(() => process.nextTick(() => serve(one).then(resolve, reject)), one.index % 5);
          }),
      );
    },
  },
  {
    name: "an HTTP server with kept connections, ids taken in the handler",
    planned: plan("server"),
    async run(serve) {
      return await overHttp(this.planned, serve);
    },
  },
  {
    name: "an HTTP server with kept connections, ids from a helper that is awaited",
    planned: plan("server-helper"),
    async run(serve) {
      return await overHttp(this.planned, async (one) => await serve(await authenticate(one)));
    },
  },
  {
    name: "a user, and a session, only where there is one",
    planned: plan("optional").map((one) => ({
      ...one,
      userId: one.index % 2 === 0 ? one.userId : null,
      sessionId: one.index % 3 === 0 ? null : one.sessionId,
    })),
    async run(serve) {
      return await together(this.planned, async (one) => await serve(await authenticate(one)));
    },
  },
];

function plan(name: string): readonly PlannedRequest[] {
  return Array.from({ length: tenants.length * requestsPerTenant }, (_, index) => ({
    index,
    tenantId: tenants[index % tenants.length] as string,
    userId: `user-${name}-${index}.`,
    sessionId: `session-${name}-${index}.`,
  }));
}

async function together<Answer>(
  planned: readonly PlannedRequest[],
  serve: (one: PlannedRequest) => Promise<Answer>,
): Promise<Answer[]> {
  return await Promise.all(planned.map(serve));
}

/** Looks somebody up, at a time of its own. */
async function authenticate(one: PlannedRequest): Promise<PlannedRequest> {
  await yieldTurns(one.index);
  return { ...one };
}

async function yieldTurns(index: number): Promise<void> {
  if (index % 3 === 0) await delay(index % 7);
  else await nextTurn();
}

/** Few connections, so that each carries requests of every tenant. */
const connections = 8;

async function overHttp(
  planned: readonly PlannedRequest[],
  serve: ServeRequest,
): Promise<readonly (readonly string[])[]> {
  const server = createServer((incoming, response) => {
    const one = planned[Number(incoming.headers["x-request"])] as PlannedRequest;
    serve(one).then(
      (ids) => response.end(JSON.stringify(ids)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  try {
    return await together(planned, async ({ index }) => await ask(server, agent, index));
  } finally {
    agent.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function ask(server: Server, agent: Agent, index: number): Promise<readonly string[]> {
  const { port } = server.address() as AddressInfo;
  const headers = { "x-request": String(index) };
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ host: "127.0.0.1", port, agent, headers }, resolve).on("error", reject).end();
  });
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  if (incoming.statusCode !== 200) throw new Error(text);
  return JSON.parse(text) as readonly string[];
}
