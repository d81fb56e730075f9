import type { SaidAnswer } from "../ports/exchange.ts";
import type { ToolCall } from "./chat-request.ts";
import type { ChatEvent } from "./chat-result.ts";

/** What the pieces of an answer say together. Pieces of a tool call with the same index are one; one without a name is none. */
export function foldSaid(events: readonly ChatEvent[]): SaidAnswer {
  const texts: string[] = [];
  const calls = new Map<number, ToolCall>();
  for (const event of events) {
    if (event.type === "text" || event.type === "refusal") texts.push(event.text);
    if (event.type !== "tool-call") continue;
    const call = calls.get(event.index) ?? { id: "", name: "", argumentsJson: "" };
    calls.set(event.index, {
      id: event.id ?? call.id,
      name: event.name ?? call.name,
      argumentsJson: call.argumentsJson + event.argumentsJson,
    });
  }
  return { text: texts.join(""), toolCalls: [...calls.values()].filter(({ name }) => name !== "") };
}
