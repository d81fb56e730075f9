import type { JsonObject } from "../../src/protocols/protocol.ts";

/** What a request asks for, however it is written. */
export interface Meaning {
  /** Texts of the system prompt, joined by empty lines. */
  readonly system: string;
  readonly turns: readonly Turn[];
  readonly tools: readonly { readonly name: string; readonly description: string; readonly parameters: JsonObject }[];
  readonly toolChoice: "auto" | "none" | "required" | { readonly name: string } | null;
  readonly oneToolAtATime: boolean;
  readonly limit: number;
  readonly temperature: number | null;
  readonly schema: JsonObject | null;
  readonly endUser: string | null;
}

export interface Turn {
  readonly role: "user" | "assistant" | "tool";
  readonly text: string;
  /** Addresses and data URLs. */
  readonly images: readonly string[];
  readonly calls: readonly Call[];
  /** The call that a tool's turn answers. */
  readonly answers: string | null;
}

export interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: JsonObject;
}

/** A request as OpenAI's chat completions write it. */
interface ChatBody {
  readonly messages: readonly {
    readonly role: "system" | "user" | "assistant" | "tool";
    readonly content: string | null | readonly ({ readonly text: string } | { readonly image_url: { url: string } })[];
    readonly tool_calls?: readonly { readonly id: string; readonly function: { name: string; arguments: string } }[];
    readonly tool_call_id?: string;
  }[];
  readonly tools?: readonly { readonly function: Meaning["tools"][number] }[];
  readonly tool_choice?: "auto" | "none" | "required" | { readonly function: { readonly name: string } };
  readonly parallel_tool_calls?: boolean;
  readonly max_completion_tokens: number;
  readonly temperature?: number;
  readonly response_format?: { readonly json_schema: { readonly schema: JsonObject } };
  readonly user?: string;
}

/** What a chat completion's request means. */
export function meaningOfChat(given: unknown): Meaning {
  const body = given as ChatBody;
  const choice = body.tool_choice ?? null;
  return {
    system: body.messages.flatMap(({ role, content }) => (role === "system" ? [String(content)] : [])).join("\n\n"),
    turns: body.messages.flatMap(({ role, content, tool_calls: calls = [], tool_call_id: answers = null }) => {
      if (role === "system") return [];
      const parts = typeof content === "string" ? [{ text: content }] : (content ?? []);
      return [
        {
          role,
          text: parts.flatMap((part) => ("text" in part ? [part.text] : [])).join(""),
          images: parts.flatMap((part) => ("image_url" in part ? [part.image_url.url] : [])),
          calls: calls.map(({ id, function: called }) => ({
            id,
            name: called.name,
            input: JSON.parse(called.arguments) as JsonObject,
          })),
          answers,
        },
      ];
    }),
    tools: (body.tools ?? []).map(({ function: tool }) => tool),
    toolChoice: typeof choice === "object" && choice !== null ? { name: choice.function.name } : choice,
    oneToolAtATime: body.parallel_tool_calls === false,
    limit: body.max_completion_tokens,
    temperature: body.temperature ?? null,
    schema: body.response_format?.json_schema.schema ?? null,
    endUser: body.user ?? null,
  };
}

type Source =
  | { readonly type: "url"; readonly url: string }
  | { readonly type: "base64"; readonly media_type: string; readonly data: string };

type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly source: Source }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: JsonObject }
  | { readonly type: "tool_result"; readonly tool_use_id: string; readonly content: string | readonly Block[] };

/** A request as Anthropic's messages write it. */
interface MessageBody {
  readonly system?: string;
  readonly messages: readonly { readonly role: "user" | "assistant"; readonly content: string | readonly Block[] }[];
  readonly tools?: readonly { name: string; description: string; input_schema: JsonObject }[];
  readonly tool_choice?: { readonly type: string; readonly name?: string; disable_parallel_tool_use?: boolean };
  readonly max_tokens: number;
  readonly temperature?: number;
  readonly output_config?: { readonly format?: { readonly schema: JsonObject } };
  readonly metadata?: { readonly user_id: string };
}

/** What a message's request means. */
export function meaningOfMessage(given: unknown): Meaning {
  const body = given as MessageBody;
  return {
    system: body.system ?? "",
    turns: body.messages.flatMap(({ role, content }) => {
      const blocks: readonly Block[] = typeof content === "string" ? [{ type: "text", text: content }] : content;
      const results = blocks.filter((block) => block.type === "tool_result");
      const rest = blocks.filter((block) => block.type !== "tool_result");
      return [
        ...results.map((block) => ({ ...spoken(block.content), role: "tool" as const, answers: block.tool_use_id })),
        ...(rest.length === 0 ? [] : [{ ...spoken(rest), role, answers: null }]),
      ];
    }),
    tools: (body.tools ?? []).map(({ name, description, input_schema: parameters }) => ({
      name,
      description,
      parameters,
    })),
    toolChoice: choiceOf(body.tool_choice),
    oneToolAtATime: body.tool_choice?.disable_parallel_tool_use === true,
    limit: body.max_tokens,
    temperature: body.temperature ?? null,
    schema: body.output_config?.format?.schema ?? null,
    endUser: body.metadata?.user_id ?? null,
  };
}

function spoken(content: string | readonly Block[]): Pick<Turn, "text" | "images" | "calls"> {
  const blocks: readonly Block[] = typeof content === "string" ? [{ type: "text", text: content }] : content;
  return {
    text: blocks.flatMap((block) => (block.type === "text" ? [block.text] : [])).join(""),
    images: blocks.flatMap((block) => (block.type === "image" ? [addressOf(block.source)] : [])),
    calls: blocks.flatMap((block) =>
      block.type === "tool_use" ? [{ id: block.id, name: block.name, input: block.input }] : [],
    ),
  };
}

function addressOf(source: Source): string {
  return source.type === "url" ? source.url : `data:${source.media_type};base64,${source.data}`;
}

function choiceOf(choice: MessageBody["tool_choice"]): Meaning["toolChoice"] {
  if (choice === undefined) return null;
  if (choice.type === "tool") return { name: choice.name ?? "" };
  if (choice.type === "any") return "required";
  return choice.type === "none" ? "none" : "auto";
}
