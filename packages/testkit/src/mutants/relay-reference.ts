import { createHash } from "node:crypto";
import {
  type ChatEvent,
  changeMembers,
  composeRelay,
  ConnectionLost,
  countField,
  createWrittenPieces,
  type EventFate,
  eventData,
  flagField,
  limitChange,
  messagesField,
  numberField,
  plainField,
  type Reading,
  readJsonMembers,
  readRelayBody,
  type Relay,
  type RelayBody,
  type RelayedCall,
  type RelayedRequest,
  type RelayFailures,
  type RelayParts,
  type RelayProgress,
  type RelayReading,
  type RelayRequest,
  type SaidAnswer,
  textField,
  textsWithin,
  utf8Length,
} from "@tenantry/core";
import { convertReferenceUsage } from "./chat-model-reference.ts";
import type { ReferenceUsage } from "./chat-model-reference-dialect.ts";
import {
  referenceBreak,
  referenceErrorEvent,
  referenceFailure,
  referenceRefusal,
} from "./chat-model-reference-errors.ts";
import { createReferenceSender } from "./relay-reference-http.ts";

const apiKey = "reference-key-0123456789";

const rules = new Map([
  ...["model", "stream", "usage_in_stream", "keep", "cache", "limit", "temperature", "top_p", "end_user"].map(
    (name) => [name, plainField] as const,
  ),
  ...["turns", "instructions"].map((name) => [name, messagesField] as const),
]);

/** A `Relay` on Node's own HTTP client for the made-up vendor of `referenceDialect`. It keeps every rule of the contract. */
export function createReferenceRelay(baseUrl: string, maxConnections: number, some: Partial<RelayParts> = {}): Relay {
  return composeRelay({
    provider: "reference",
    protocol: "reference",
    operations: ["chat"],
    headersBack: ["content-type", "x-request-id"],
    send: createReferenceSender(baseUrl, maxConnections),
    failures,
    read: readReference,
    ...some,
  });
}

export function readReference(request: RelayRequest): RelayedRequest {
  const body = readRelayBody(request.body, rules, ["input", "cacheRead"]);
  const reading = readingOf(request.body, body);
  const version = request.headers["reference-version"];
  const cache = textField(body, "cache");
  return {
    reading,
    write({ model, maxOutputTokens, attemptId, tenantId, store }) {
      const changes = new Map<string, string>();
      const limit = limitChange(body, "limit", maxOutputTokens);
      if (limit !== null) changes.set("limit", limit);
      if (reading.model !== model) changes.set("model", JSON.stringify(model));
      if (asksUnasked(body)) changes.set("usage_in_stream", "true");
      if (!store && body.raw("keep") !== "false") changes.set("keep", "false");
      if (cache !== null) changes.set("cache", JSON.stringify(nameOf(tenantId, cache)));
      return {
        path: "/chat",
        headers: {
          authorization: `Bearer ${apiKey}`,
          "content-type": "application/json",
          "x-client-request-id": attemptId,
          ...(version === undefined ? {} : { "reference-version": version }),
        },
        body: changeMembers(body.json, changes),
        readWhole,
        observe: (into, progress) => observeReference(asksUnasked(body), into, progress),
      };
    },
  };
}

function nameOf(tenantId: string, name: string): string {
  return createHash("sha256")
    .update(JSON.stringify([tenantId, name]))
    .digest("base64url");
}

function asksUnasked(body: RelayBody): boolean {
  return flagField(body, "stream") === true && body.raw("usage_in_stream") !== "true";
}

function readingOf(text: string, body: RelayBody): RelayReading {
  const { addedTokens, inputClasses, unbounded } = body;
  return {
    model: textField(body, "model"),
    streamed: flagField(body, "stream") === true,
    size: {
      inputTokens: utf8Length(text) + addedTokens,
      overheadTokens: addedTokens,
      text: () => textsWithin(JSON.parse(text), () => undefined),
      inputClasses,
      maxOutputTokens: countField(body, "limit"),
      choices: 1,
      unbounded,
    },
    temperature: numberField(body, "temperature"),
    topP: numberField(body, "top_p"),
    userId: textField(body, "end_user"),
  };
}

const failures: RelayFailures = {
  thrown(thrown, { signal, streamed, answer }, usage) {
    if (!(thrown instanceof ConnectionLost)) return referenceBreak("malformed", null, usage);
    if (thrown.interrupted) {
      return referenceFailure(thrown, { response: answer, usage, stage: thrown.sent ? "sending" : "before" }, signal);
    }
    const kind = !thrown.sent ? "not-sent" : streamed && answer !== null ? "cut" : "reset";
    return referenceBreak(kind, answer?.headers ?? null, usage);
  },
  notSent: ({ signal }) => referenceFailure(null, { response: null, usage: null, stage: "before" }, signal),
  broken: (kind, { answer }, usage) => referenceBreak(kind, answer?.headers ?? null, usage),
  refused: (answer, body) => referenceRefusal(answer, Buffer.from(body).toString("utf8"), apiKey),
};

interface WirePart {
  readonly kind?: string;
  readonly id?: string;
  readonly model?: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly refusal?: string | null;
  readonly index?: number;
  readonly name?: string;
  readonly arguments?: string;
  readonly calls?: readonly WirePart[];
  readonly stop?: string;
  readonly usage?: ReferenceUsage;
  readonly error?: { readonly code: string; readonly message: string };
}

function parse(bytes: Uint8Array | string): WirePart | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes as Uint8Array).toString("utf8"));
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

function note(wire: WirePart, reading: Reading): void {
  reading.responseId = wire.id ?? reading.responseId;
  reading.model = wire.model ?? reading.model;
  reading.finishReason = wire.stop ?? reading.finishReason;
  if (wire.usage !== undefined) reading.usage = convertReferenceUsage(wire.usage);
}

function writtenIn({ thinking = "", text = "", name = "", arguments: input = "", calls = [] }: WirePart): string {
  return [thinking, text, name, input, ...calls.map(writtenIn)].join("");
}

function foldReference(texts: readonly string[], calls: readonly WirePart[]): SaidAnswer {
  const toolCalls = calls.map((call) => ({
    id: call.id ?? "",
    name: call.name ?? "",
    argumentsJson: call.arguments ?? "",
  }));
  return { text: texts.join(""), toolCalls };
}

function saidIn({
  kind,
  text = "",
  index = 0,
  id,
  name,
  arguments: argumentsJson = "",
}: WirePart): readonly ChatEvent[] {
  if (kind === "text") return [{ type: "text", text }];
  if (kind !== "call") return [];
  return [
    {
      type: "tool-call",
      index,
      argumentsJson,
      ...(id === undefined ? {} : { id }),
      ...(name === undefined ? {} : { name }),
    },
  ];
}

const readWhole: RelayedCall["readWhole"] = (bytes, reading, { answer }) => {
  const wire = parse(bytes);
  if (wire === null || typeof wire.id !== "string" || typeof wire.text !== "string") {
    return referenceBreak("malformed", answer?.headers ?? null, null);
  }
  note(wire, reading);
  reading.written = () => writtenIn(wire);
  reading.said = () => foldReference([wire.text ?? "", wire.refusal ?? ""], wire.calls ?? []);
  return null;
};

/** Watches a stream; takes usage out of it where only we asked for it. */
export function observeReference(
  takesOut: boolean,
  reading: Reading,
  { answer }: RelayProgress,
): ReturnType<RelayedCall["observe"]> {
  const written = createWrittenPieces((bytes) => {
    const wire = parse(dataOf(bytes)) ?? {};
    return { written: writtenIn(wire), said: saidIn(wire) };
  });
  reading.written = () => written.text();
  reading.said = () => written.said();

  function see(bytes: Uint8Array): EventFate {
    const event = Buffer.from(bytes).toString("utf8");
    const found = eventData(event);
    const wire = found === null ? null : parse(found.data);
    if (found === null || wire === null) return "give";
    if (wire.kind === "error" && wire.error !== undefined) {
      return { error: referenceErrorEvent(wire.error, answer?.headers ?? null, reading.usage) };
    }
    const { kind } = wire;
    if (kind === "close" && reading.responseId === null) {
      return { error: referenceBreak("malformed", answer?.headers ?? null, null) };
    }
    if (kind === "open" || kind === "count" || kind === "close") note(wire, reading);
    if (kind === "text" || kind === "thinking" || kind === "refusal" || kind === "call") {
      reading.begun = true;
      if (kind !== "refusal") written.keep(bytes);
    }
    if (kind === "close") return "end";
    if (!takesOut || found.span === null || wire.usage === undefined) return "give";
    if (kind === "count") return "drop";
    const { from, to } = found.span;
    const changed = changeMembers(readJsonMembers(event.slice(from, to)), new Map([["usage", null]]));
    return { give: Buffer.from(event.slice(0, from) + changed + event.slice(to)) };
  }

  return { see, mayEndHere: () => false, finalUsage: () => reading.usage };
}

function dataOf(bytes: Uint8Array): string {
  return eventData(Buffer.from(bytes).toString("utf8"))?.data ?? "";
}
