import type { ChatContent, ChatMessage, ReasoningPart, ToolCall } from "@tenantry/core";

/** Messages being put together, with the place in the body where each piece stood. */
export interface Conversation {
  readonly messages: readonly ChatMessage[];
  system(text: string, path: string): void;
  /** `parts`: where the parts of `content` stood, when it has any. */
  user(content: ChatContent, path: string, parts?: readonly string[]): void;
  tool(result: Omit<Extract<ChatMessage, { role: "tool" }>, "role">, path: string, parts?: readonly string[]): void;
  /** Pieces of the assistant's turn, in their order. */
  thought(part: ReasoningPart, path: string): void;
  said(text: string, path: string): void;
  called(call: ToolCall, path: string): void;
  /** Where a place such as `messages[1].content[0].url` comes from. */
  fieldOf(path: string): string;
}

interface Origin {
  readonly path: string;
  readonly content: readonly string[];
  readonly toolCalls: string[];
}

type AssistantTurn = { reasoning: ReasoningPart[]; content: string | null; toolCalls: ToolCall[] };

/**
 * An assistant's turn is one message, in the order thinking, text, calls. What does not fit that order begins another
 * message of the same turn, so that thinking keeps its place among what it led to.
 */
export function createConversation(): Conversation {
  const messages: ChatMessage[] = [];
  const origins: Origin[] = [];
  let turn: AssistantTurn | null = null;

  function add(message: ChatMessage, path: string, parts: readonly string[] = []): void {
    turn = null;
    messages.push(message);
    origins.push({ path, content: parts, toolCalls: [] });
  }

  /** The turn so far as the last message; a new one when the piece cannot be added to it. */
  function addToTurn(path: string, fits: (open: AssistantTurn) => boolean, addTo: (open: AssistantTurn) => void): void {
    let open = turn;
    if (open === null || !fits(open)) {
      open = { reasoning: [], content: null, toolCalls: [] };
      add({ role: "assistant", content: "" }, path);
      turn = open;
    }
    addTo(open);
    const { reasoning, content, toolCalls } = open;
    // The lists go on growing: copied for each piece, a turn of many would take their square.
    messages[messages.length - 1] = {
      role: "assistant",
      ...(reasoning.length === 0 ? {} : { reasoning }),
      content: content ?? "",
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
    };
  }

  return {
    messages,
    system: (content, path) => add({ role: "system", content }, path),
    user: (content, path, parts) => add({ role: "user", content }, path, parts),
    tool: (result, path, parts) => add({ role: "tool", ...result }, path, parts),
    thought(part, path) {
      addToTurn(
        path,
        (open) => open.content === null && open.toolCalls.length === 0,
        (open) => open.reasoning.push(part),
      );
    },
    said(text, path) {
      addToTurn(
        path,
        (open) => open.toolCalls.length === 0,
        (open) => (open.content = (open.content ?? "") + text),
      );
    },
    called(call, path) {
      addToTurn(
        path,
        () => true,
        (open) => open.toolCalls.push(call),
      );
      origins.at(-1)?.toolCalls.push(path);
    },
    fieldOf(path) {
      const [, index, kind, part] = /^messages\[(\d+)\](?:\.(content|toolCalls)\[(\d+)\])?/.exec(path) ?? [];
      const origin = origins[Number(index)];
      if (origin === undefined) return path;
      const piece = kind === undefined ? undefined : origin[kind as "content" | "toolCalls"][Number(part)];
      return piece ?? origin.path;
    },
  };
}
