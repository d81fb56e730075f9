import type { ChatModel } from "@tenantry/core";
import type { ChatModelSubject } from "../chat-model/subject.ts";
import type { Mutant } from "../contract.ts";
import { changeBody, changeCall, changeFetch, changeRequest, type Fault } from "./chat-model-faults.ts";
import { chatModelMutant } from "./chat-model-mutant.ts";
import { referenceParts } from "./chat-model-reference.ts";

const sharedAnswers = (model: ChatModel): ChatModel => {
  let last = "";
  return {
    ...model,
    async complete(...call) {
      const result = await model.complete(...call);
      const { id } = result;
      last ||= id;
      return { ...result, id: last };
    },
  };
};

function extraWins(): Fault {
  let extra: object = {};
  const remember = changeRequest((request) => {
    extra = request.extra ?? {};
    return request;
  });
  return { ...changeBody((body) => ({ ...body, ...extra })), ...remember };
}

export const requestMutants: readonly Mutant<ChatModelSubject>[] = [
  chatModelMutant(
    "loses the system text",
    ["M22"],
    changeRequest((request) => ({
      ...request,
      messages: request.messages.filter(({ role }) => role !== "system"),
    })),
  ),
  chatModelMutant(
    "loses tool results",
    ["M23"],
    changeRequest((request) => ({
      ...request,
      messages: request.messages.filter(({ role }) => role !== "tool"),
    })),
  ),
  chatModelMutant(
    "hides that a tool failed",
    ["M55"],
    changeBody((body) => ({
      ...body,
      turns: (body["turns"] as object[]).map((turn) => ({ ...turn, failed: false })),
    })),
  ),
  chatModelMutant(
    "calls tools at once all the same",
    ["M56"],
    changeBody(({ tools_at_once: _dropped, ...body }) => body),
  ),
  chatModelMutant(
    "loses the choice of tool",
    ["M23"],
    changeBody(({ tool_choice: _dropped, ...body }) => body),
  ),
  chatModelMutant(
    "loses images",
    ["M24"],
    changeBody((body) => ({
      ...body,
      turns: (body["turns"] as object[]).map((turn) => ({ ...turn, images: [] })),
    })),
  ),
  chatModelMutant(
    "drops a JSON form it cannot ask for",
    ["M25"],
    changeRequest(({ responseFormat, ...request }) =>
      responseFormat === undefined || responseFormat.type === "json" ? request : { ...request, responseFormat },
    ),
  ),
  chatModelMutant(
    "drops a temperature of 0",
    ["M26"],
    changeBody(({ temperature, ...body }) =>
      temperature === 0 || temperature === undefined ? body : { ...body, temperature },
    ),
  ),
  chatModelMutant(
    "rounds the output limit up",
    ["M27"],
    changeBody((body) => ({ ...body, limit: Math.max(64, Number(body["limit"])) })),
  ),
  chatModelMutant(
    "drops extra fields",
    ["M28"],
    changeRequest(({ extra: _dropped, ...request }) => request),
  ),
  chatModelMutant("lets extra fields win", ["M29"], extraWins()),
  chatModelMutant("retries by itself", ["M30"], {
    parts: {
      async fetch(url, init) {
        const first = await referenceParts.fetch(url, init);
        return first.status === 429 || first.status >= 500 ? await referenceParts.fetch(url, init) : first;
      },
    },
  }),
  chatModelMutant(
    "makes up its own request id",
    ["M31"],
    changeCall((request, options) => [request, { ...options, attemptId: "made-up" }]),
  ),
  chatModelMutant(
    "passes the tracing context on",
    ["M32"],
    changeFetch((url, init) => [url, { ...init, headers: { ...init.headers, baggage: "tenant.id=apex" } }]),
  ),
  chatModelMutant(
    "joins a base URL carelessly",
    ["M33"],
    changeFetch((url, init) => [url.includes("/v2/chat") ? url.replace("/v2/chat", "/v2//chat") : url, init]),
  ),
  chatModelMutant("remembers the answer of the first call", ["M34"], { wrap: sharedAnswers }),
  chatModelMutant(
    "changes the request it was given",
    ["M35"],
    changeRequest((request) => {
      (request.messages as unknown[]).push({ role: "user", content: "Be brief." });
      return request;
    }),
  ),
];
