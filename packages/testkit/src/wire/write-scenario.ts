import type { ErrorFacts, RetryAfter } from "./facts.ts";
import type { Framing, Scenario } from "./scenario.ts";
import type { WireDialect, WireEvent } from "./wire-dialect.ts";
import type { WireReply, WireRequest, WireStep } from "./wire-server.ts";

/** The vendor's id on every scripted answer and error. */
export const wireRequestId = "req-wire-1";

/** A scenario as the vendor would put it on the wire for this request. */
export function writeScenario(dialect: WireDialect, scenario: Scenario, request: WireRequest): WireReply {
  const asked = dialect.readRequest(request);
  switch (scenario.delivery) {
    case "hang":
      return [{ type: "hang" }];
    case "reset":
      return [{ type: "reset" }];
    case "empty":
      return [head(dialect, 200, asked.streamed ? eventStream : json)];
    case "wrong-shape":
      return [head(dialect, 200, json), { type: "bytes", bytes: '{"status":"up","uptime_seconds":12}' }];
    case "html":
      return [head(dialect, 200, "text/html"), { type: "bytes", bytes: page }];
    default:
  }
  if (scenario.error !== null && scenario.delivery !== "error-event") {
    return writeError(dialect, scenario.error, asked.credential);
  }
  // A vendor that was not asked for usage in a stream does not report it there.
  const silent = asked.streamed && !asked.asksForUsage;
  const heard = silent ? { ...scenario, answer: { ...scenario.answer, usage: null } } : scenario;
  return asked.streamed ? writeStream(dialect, heard) : writeWhole(dialect, heard);
}

const json = "application/json";
const eventStream = "text/event-stream; charset=utf-8";
const page = "<html><body><h1>Sign in to the network</h1></body></html>";

function head(dialect: WireDialect, status: number, contentType: string): WireStep {
  return {
    type: "head",
    status,
    headers: { "content-type": contentType, [dialect.requestIdHeader]: wireRequestId },
  };
}

function writeError(dialect: WireDialect, facts: ErrorFacts, credential: string | null): WireReply {
  const message = facts.message.replace("{credential}", credential ?? "");
  const error = dialect.error({ ...facts, message });
  const start = head(dialect, error.status, facts.body === "html" ? "text/html" : json);
  if (start.type !== "head") return [];
  return [
    { ...start, headers: { ...start.headers, ...retryAfterHeader(facts.retryAfter) } },
    { type: "bytes", bytes: facts.body === "html" ? page : JSON.stringify(error.body) },
  ];
}

function retryAfterHeader(retryAfter: RetryAfter | null): Record<string, string> {
  if (retryAfter === null) return {};
  if ("seconds" in retryAfter) return { "retry-after": String(retryAfter.seconds) };
  if ("ms" in retryAfter) return { "retry-after-ms": String(retryAfter.ms) };
  if ("nonsense" in retryAfter) return { "retry-after": retryAfter.nonsense };
  return { "retry-after": new Date(Date.now() + retryAfter.dateSecondsAhead * 1000).toUTCString() };
}

function writeWhole(dialect: WireDialect, scenario: Scenario): WireReply {
  const answer = dialect.answer(scenario.answer);
  const text = JSON.stringify(scenario.noise ? withUnknownFields(answer) : answer);
  const half = text.slice(0, Math.floor(text.length / 2));
  const start = head(dialect, 200, json);
  switch (scenario.delivery) {
    case "hang-midway":
      return [start, bytes(half), { type: "hang" }];
    case "goes-on":
      return [start, bytes(half), { type: "hang" }, bytes(text.slice(half.length))];
    case "broken-midway":
      return [start, bytes(half), { type: "break" }];
    case "ends-early":
    case "ends-mid-event":
    case "broken-json":
      return [start, bytes(half)];
    default:
      return [start, ...cut(text, scenario.framing)];
  }
}

function writeStream(dialect: WireDialect, scenario: Scenario): WireReply {
  const events = dialect.events(scenario.answer);
  const frames = frameEvents(dialect, scenario, events);
  const halfCount = Math.ceil(events.length / 2);
  const half = frames.slice(0, halfCount).map(bytes);
  const rest = frames.slice(halfCount).map(bytes);
  const start = head(dialect, 200, eventStream);
  switch (scenario.delivery) {
    case "hang-midway":
      return [start, ...half, { type: "hang" }];
    case "goes-on":
      return [start, ...half, { type: "hang" }, ...rest];
    case "broken-midway":
      return [start, ...half, { type: "break" }];
    case "ends-early":
      return [start, ...half];
    case "ends-mid-event": {
      const next = frames[halfCount] ?? "";
      return [start, ...half, bytes(next.slice(0, Math.floor(next.length / 2)))];
    }
    case "broken-json": {
      const next = events[halfCount] ?? { data: "{" };
      const broken = { ...next, data: next.data.slice(0, Math.floor(next.data.length / 2)) };
      return [start, ...half, bytes(formatEvent(broken)), ...rest];
    }
    case "error-event": {
      if (scenario.error === null) throw new Error("an error-event scenario needs its error");
      return [start, ...half, bytes(formatEvent(dialect.errorEvent(scenario.error).event))];
    }
    default:
      return [start, ...frames.flatMap((frame) => cut(frame, scenario.framing))];
  }
}

function frameEvents(dialect: WireDialect, scenario: Scenario, events: readonly WireEvent[]): readonly string[] {
  const { framing, noise } = scenario;
  return events.map((event, index) => {
    let frame = formatEvent(noise ? noisy(event) : event);
    // Nothing may follow the terminal event.
    if (noise && index < events.length - 1) frame += formatEvent(dialect.unknownEvent);
    if (framing === "comments") frame = `: keep-alive\n\nid: ${index}\nretry: 3000\n${frame}: \n\n`;
    return framing === "crlf" ? frame.replaceAll("\n", "\r\n") : frame;
  });
}

function formatEvent(event: WireEvent): string {
  return `${event.event === undefined ? "" : `event: ${event.event}\n`}data: ${event.data}\n\n`;
}

function bytes(text: string): WireStep {
  return { type: "bytes", bytes: text };
}

function cut(text: string, framing: Framing): WireStep[] {
  if (framing !== "byte-by-byte") return [bytes(text)];
  return Array.from(Buffer.from(text, "utf8"), (byte) => ({ type: "bytes", bytes: Uint8Array.of(byte) }));
}

function noisy(event: WireEvent): WireEvent {
  if (!event.data.startsWith("{")) return event;
  return { ...event, data: JSON.stringify(withUnknownFields(JSON.parse(event.data))) };
}

/** A field no client knows in every object; vendors add such fields without notice. */
function withUnknownFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withUnknownFields);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, withUnknownFields(inner)] as const);
  return { ...Object.fromEntries(entries), x_field_of_tomorrow: { nested: [1, null, "?"] } };
}
