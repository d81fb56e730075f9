import { accepted, only, refused, translates, type FieldTable } from "../field-rules.ts";

const cacheHint = "a wish about the provider's cache; it changes no answer";
const hosted = "it is an object or a service of the provider";

/**
 * Every field of a message's request that is known here, and what becomes of it.
 *
 * https://platform.claude.com/docs/en/api/messages/create
 */
export const messageFields: FieldTable = {
  body: {
    model: translates("chooses the model; absent or an alias: the tier's route"),
    max_tokens: translates("the output limit; required"),
    messages: translates("messages, in their order; the last is not the assistant's"),
    system: translates("system messages before all others, one for each block"),
    tools: translates("tools"),
    tool_choice: translates("`auto`, `any`, `none` or one tool"),
    output_config: translates("how hard to think, and the schema of the answer"),
    thinking: translates("whether, how much and how visibly to think"),
    temperature: translates("0 to 1"),
    top_p: translates("0 to 1"),
    stop_sequences: translates("texts at which the answer ends"),
    metadata: translates("the end user's id"),
    stream: translates("whether the answer comes in pieces"),
    cache_control: accepted(cacheHint),
    service_tier: only(["auto", "standard_only"], "tiers of service are the provider's own"),
    speed: only(["standard"], "speeds are the provider's own"),
    top_k: refused("no other protocol has it"),
    container: refused(hosted),
    context_management: refused(hosted),
    diagnostics: refused(hosted),
    inference_geo: refused(hosted),
    mcp_servers: refused(hosted),
    user_profile_id: refused(hosted),
    workspace_id: refused(hosted),
  },
  metadata: {
    user_id: translates("the end user's id"),
  },
  "messages[]": {
    role: translates("user, assistant or system"),
    content: translates("text, or blocks"),
  },
  "content[] of type text": {
    type: translates("text"),
    text: translates("text; the assistant's blocks are joined"),
    cache_control: accepted(cacheHint),
    citations: only([[]], "they point into the provider's own documents"),
  },
  "content[] of type image": {
    type: translates("an image"),
    source: translates("an address or base64"),
    cache_control: accepted(cacheHint),
    transformations: refused("no other protocol has it"),
  },
  "content[].source of type base64": {
    type: translates("bytes"),
    media_type: translates("unchanged"),
    data: translates("unchanged"),
  },
  "content[].source of type url": {
    type: translates("an address"),
    url: translates("unchanged"),
  },
  "content[] of type thinking": {
    type: translates("thinking of an earlier answer"),
    thinking: translates("given back to the provider that wrote it; no input for any other"),
    signature: translates("unchanged"),
  },
  "content[] of type redacted_thinking": {
    type: translates("thinking of an earlier answer"),
    data: translates("given back to the provider that wrote it; no input for any other"),
  },
  "content[] of type tool_use": {
    type: translates("a call of a tool"),
    id: translates("unchanged"),
    name: translates("unchanged"),
    input: translates("JSON text of the arguments"),
    cache_control: accepted(cacheHint),
    caller: only([{ type: "direct" }], "code that calls tools runs at the provider"),
    toolset_name: refused("toolsets are the provider's own"),
  },
  "content[] of type tool_result": {
    type: translates("a tool's result; before all else in its message"),
    tool_use_id: translates("the call it answers"),
    content: translates("text, or blocks of type text and image (where the provider takes images there)"),
    is_error: translates("a provider without such a mark is told in the text: `Error: …`"),
    cache_control: accepted(cacheHint),
    toolset_name: refused("toolsets are the provider's own"),
  },
  "tools[]": {
    type: only(["custom"], "hosted tools are a service of one provider"),
    name: translates("unchanged"),
    description: translates("unchanged"),
    input_schema: translates("JSON Schema, unchanged"),
    strict: translates("whether arguments follow the schema to the letter"),
    cache_control: accepted(cacheHint),
    eager_input_streaming: accepted("a wish about how arguments arrive; pieces come as the provider writes them"),
    allowed_callers: only([["direct"]], "code that calls tools runs at the provider"),
    defer_loading: only([false], "tools are searched at the provider"),
    input_examples: refused("no other protocol has it"),
  },
  "tool_choice of type auto or any": {
    type: translates("whether a tool has to be called"),
    disable_parallel_tool_use: translates("whether one answer may call several tools"),
  },
  "tool_choice of type tool": {
    type: translates("one tool"),
    name: translates("the one to call"),
    disable_parallel_tool_use: translates("whether one answer may call several tools"),
  },
  "tool_choice of type none": {
    type: translates("no tool"),
  },
  output_config: {
    effort: translates("how hard to think"),
    format: translates("the schema of the answer"),
  },
  "output_config.format": {
    type: translates("json_schema"),
    schema: translates("JSON Schema, unchanged; named `answer` for a provider that wants a name"),
  },
  "thinking of type enabled": {
    type: translates("how to think"),
    budget_tokens: translates("told as an effort to a provider without budgets: below 4096 low, below 16384 medium"),
    display: translates("whether the answer shows its thinking"),
  },
  "thinking of type adaptive": {
    type: translates("as the model finds right"),
    display: translates("whether the answer shows its thinking"),
  },
  "thinking of type disabled": {
    type: translates("left to the default of a model that is not told otherwise"),
  },
};
