import { readMessagesRequest } from "../anthropic/read-messages-request.ts";
import type { InvoiceBook } from "../billing/invoice.ts";
import type { Fault, FaultSubject } from "../faults/fault-plan.ts";
import type { Pace } from "../faults/latency.ts";
import { listModels, showModel } from "../models/list-models.ts";
import { countPrompt } from "../prompt/count-prompt.ts";
import type { PromptCache } from "../prompt/prompt-cache.ts";
import { endpoints } from "./endpoints.ts";
import type { Exchange } from "./exchange.ts";
import { sendJson } from "./exchange.ts";
import { parseJsonObject } from "./read-body.ts";
import { changesOf, refuseEarly, serveWork } from "./serve-work.ts";
import { VendorError } from "./vendor-error.ts";

/** What a request needs of its simulator. */
export interface SimulatorState {
  readonly book: InvoiceBook;
  readonly cache: PromptCache;
  newKey(): string;
  now(): number;
  chooseFault(call: FaultSubject): Fault | null;
  choosePace(model: { readonly name: string; readonly family: string }): Pace;
}

const modelsPath = "/v1/models";
const countPath = "/v1/messages/count_tokens";

function header(exchange: Exchange, name: string): string {
  const value = exchange.req.headers[name];
  return Array.isArray(value) ? value.join(",") : (value ?? "");
}

function serveModels(exchange: Exchange): void {
  const { endpoint, provider } = exchange;
  if (endpoint === modelsPath) return sendJson(exchange, JSON.stringify(listModels(provider)));
  const name = decodeURIComponent(endpoint.slice(modelsPath.length + 1));
  const model = showModel(provider, name);
  if (model) return sendJson(exchange, JSON.stringify(model));
  throw provider === "openai"
    ? new VendorError(404, `The model '${name}' does not exist`, {
        param: "model",
        code: "model_not_found",
      })
    : new VendorError(404, `model: ${name}`);
}

function unknownPath(exchange: Exchange): VendorError {
  const { req, endpoint, provider } = exchange;
  if (provider === "anthropic") return new VendorError(404, "Not Found");
  return new VendorError(404, `Invalid URL (${req.method} ${endpoint})`, { code: null });
}

/** Answers one authenticated request. Problems of the request are thrown as {@link VendorError}. */
export async function serveRequest(state: SimulatorState, exchange: Exchange, bodyText: string): Promise<void> {
  const { req, endpoint: path, provider } = exchange;
  if (provider === "anthropic" && header(exchange, "anthropic-version") === "") {
    throw new VendorError(400, "anthropic-version: header is required");
  }
  if (req.method === "GET" && (path === modelsPath || path.startsWith(`${modelsPath}/`))) {
    return serveModels(exchange);
  }
  const endpoint = Object.hasOwn(endpoints, path) ? endpoints[path] : undefined;
  if (!endpoint && path !== countPath) throw unknownPath(exchange);
  if (req.method !== "POST") {
    throw new VendorError(405, `Not allowed to ${req.method} on ${path}.`, { code: null });
  }
  const body = parseJsonObject(bodyText);
  const beta = header(exchange, "anthropic-beta");
  if (!endpoint) {
    const request = readMessagesRequest(body, { beta, countOnly: true });
    return sendJson(exchange, JSON.stringify({ input_tokens: countPrompt(request) }));
  }
  const prepared = endpoint.prepare(body, {
    key: state.newKey(),
    account: exchange.account,
    createdAtMs: state.now(),
    beta,
    cache: state.cache,
  });
  const { requestedModel: model, family } = prepared;
  const { clientRequestId } = exchange;
  const fault = state.chooseFault({ provider, endpoint: path, model, family, clientRequestId });
  if (refuseEarly(exchange, fault)) return;
  const work = prepared.work(changesOf(fault));
  await serveWork(exchange, work, fault, state.choosePace({ name: model, family }), state.book);
}
