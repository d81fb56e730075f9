import type { GenerationRequest, ToolSpec } from "../prompt/generation-request.ts";
import { minimalJson } from "./minimal-json.ts";

/** A call the answer makes: arguments are JSON text. */
export interface PlannedToolCall {
  readonly name: string;
  readonly arguments: string;
}

const callLine = /^[ \t]*call tool (\S+)[ \t]*(\{.*\})?[ \t]*$/gim;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function minimalCall(tool: ToolSpec): PlannedToolCall {
  return { name: tool.name, arguments: JSON.stringify(minimalJson({ type: "object", ...tool.schema })) };
}

function askedInText(request: GenerationRequest): PlannedToolCall[] {
  const calls: PlannedToolCall[] = [];
  for (const [, name, given] of request.lastUserText.matchAll(callLine)) {
    const tool = request.tools.find((candidate) => candidate.name === name);
    if (!tool) continue;
    calls.push(given && isJson(given) ? { name: tool.name, arguments: given } : minimalCall(tool));
  }
  return calls;
}

/**
 * Which tools the answer calls. Each line `call tool NAME {json}` of the last user message is a call, as
 * long as no tool has answered since; a tool choice that demands a call gets one with minimal arguments.
 */
export function planToolCalls(request: GenerationRequest): PlannedToolCall[] {
  const { toolChoice, tools } = request;
  if (tools.length === 0 || toolChoice === "none") return [];
  let calls = request.userSpokeLast ? askedInText(request) : [];
  if (typeof toolChoice === "object") {
    const demanded = tools.find((tool) => tool.name === toolChoice.name);
    calls = calls.filter((call) => call.name === toolChoice.name);
    if (calls.length === 0 && demanded) calls = [minimalCall(demanded)];
  } else if (toolChoice === "required" && calls.length === 0 && tools[0]) {
    calls = [minimalCall(tools[0])];
  }
  return request.parallelToolCalls ? calls : calls.slice(0, 1);
}
