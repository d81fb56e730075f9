import { describe, expect, it } from "vitest";
import type { ChatEvent } from "../calls/chat-result.ts";
import { TenantryError } from "../errors/tenantry-error.ts";
import type { CancelSignal } from "../ports/cancel-signal.ts";
import { usageOf } from "../pricing/usage.ts";
import { createScriptedChatModel } from "./scripted-chat-model.ts";

const request = { messages: [{ role: "user" as const, content: "hello" }] };

class ManualSignal implements CancelSignal {
  aborted = false;
  reason: unknown = undefined;
  readonly listeners = new Set<() => void>();
  addEventListener(_type: "abort", listener: () => void): void {
    this.listeners.add(listener);
  }
  removeEventListener(_type: "abort", listener: () => void): void {
    this.listeners.delete(listener);
  }
  fire(reason: unknown): void {
    this.aborted = true;
    this.reason = reason;
    for (const listener of this.listeners) listener();
  }
}

function options(signal: CancelSignal = new ManualSignal()) {
  return { model: "small", attemptId: "attempt-1", signal };
}

async function read(events: AsyncIterable<ChatEvent>, onEvent: (event: ChatEvent) => void = () => {}) {
  const seen: ChatEvent[] = [];
  let error: unknown = null;
  try {
    for await (const event of events) {
      seen.push(event);
      onEvent(event);
    }
  } catch (thrown) {
    error = thrown;
  }
  return { types: seen.map(({ type }) => type), seen, error };
}

describe("scripted chat model", () => {
  it("answers by the model asked for and remembers what was sent", async () => {
    const model = createScriptedChatModel("acme", [{ type: "answer" }]);
    const result = await model.complete(request, options());
    expect(result).toMatchObject({ model: "small", text: "ok", finishReason: "stop" });
    expect(result.usage).toEqual(usageOf({ input: 100, output: 20 }));
    expect(model.sent).toEqual([{ way: "complete", request, model: "small", attemptId: "attempt-1" }]);
  });

  it("plays one step a request and repeats the last", async () => {
    const model = createScriptedChatModel("acme", [{ type: "fail" }, { type: "answer" }]);
    await expect(model.complete(request, options())).rejects.toMatchObject({
      upstream: { kind: "server-error", status: 500 },
    });
    await model.complete(request, options());
    await model.complete(request, options());
    expect(model.sent).toHaveLength(3);
  });

  it("gives every answer an id of its own, also at once", async () => {
    const model = createScriptedChatModel("acme", [{ type: "answer" }]);
    const results = await Promise.all([1, 2, 3].map(async () => await model.complete(request, options())));
    expect(results.map(({ id }) => id)).toEqual(["answer-1", "answer-2", "answer-3"]);
  });

  it("streams the answer's words between start and end, usage before the end", async () => {
    const text = "  The board agreed\n on it. ";
    const model = createScriptedChatModel("acme", [{ type: "answer", answer: { text } }]);
    const { types, seen } = await read(await model.stream(request, options()));
    expect(types).toEqual(["start", "text", "text", "text", "text", "text", "usage", "end"]);
    expect(seen.map((event) => (event.type === "text" ? event.text : "")).join("")).toBe(text);
  });

  it("breaks a stream after so many events, with the usage delivered until then", async () => {
    const model = createScriptedChatModel("acme", [
      { type: "break", afterEvents: 3 },
      { type: "break", afterEvents: 2 },
    ]);
    const late = await read(await model.stream(request, options()));
    expect(late.types).toEqual(["start", "text", "usage"]);
    expect(late.error).toMatchObject({
      code: "upstream_error",
      upstream: { kind: "cut", usage: { tokens: { input: 100 } } },
    });
    const early = await read(await model.stream(request, options()));
    expect(early.error).toMatchObject({ upstream: { kind: "cut", usage: null } });
  });

  it("tells the deadline from the caller by the signal's reason", async () => {
    const model = createScriptedChatModel("acme", [{ type: "hang", afterEvents: 2 }]);
    const reasons = [
      [new TenantryError("upstream_timeout", "late"), "upstream_timeout", "timeout", "provider"],
      ["gone", "cancelled", "aborted", "caller"],
    ] as const;
    for (const [reason, code, kind, fault] of reasons) {
      const signal = new ManualSignal();
      const events = await model.stream(request, options(signal));
      const { types, error } = await read(events, (event) => event.type === "text" && signal.fire(reason));
      expect(types).toEqual(["start", "text"]);
      expect(error).toMatchObject({ code, upstream: { kind, fault } });

      const waiting = new ManualSignal();
      const call = model.complete(request, options(waiting));
      await Promise.resolve();
      waiting.fire(reason);
      await expect(call).rejects.toMatchObject({ code, upstream: { kind, fault } });
      expect(waiting.listeners.size).toBe(0);
    }
  });

  it("sends nothing when the signal has fired", async () => {
    const signal = new ManualSignal();
    signal.fire("gone");
    const model = createScriptedChatModel("acme", [{ type: "answer" }]);
    await expect(model.complete(request, options(signal))).rejects.toMatchObject({
      code: "cancelled",
      upstream: { kind: "not-sent" },
    });
    expect(model.sent).toHaveLength(0);
  });

  it("runs what comes before the answer, and stops it when the signal fires", async () => {
    let clock = 0;
    const model = createScriptedChatModel("acme", (_sent, index) => ({
      type: "answer",
      before: index === 0 ? () => void (clock += 2500) : async () => await new Promise<void>(() => {}),
    }));
    await model.complete(request, options());
    expect(clock).toBe(2500);
    const signal = new ManualSignal();
    const call = model.complete(request, options(signal));
    signal.fire("gone");
    await expect(call).rejects.toMatchObject({ code: "cancelled" });
  });
});
