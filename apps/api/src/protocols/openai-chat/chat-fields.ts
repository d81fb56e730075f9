import { accepted, only, refused, translates, type FieldTable } from "../field-rules.ts";

const storedNowhere = "labels of a stored answer, and no answer is stored";
const cacheHint = "a wish about the provider's cache; it changes no answer";

/**
 * Every field of a chat completion's request that is known here, and what becomes of it.
 *
 * https://developers.openai.com/api/reference/resources/chat/subresources/completions/methods/create
 */
export const chatFields: FieldTable = {
  body: {
    model: translates("chooses the model; absent or an alias: the tier's route"),
    messages: translates("messages, in their order"),
    tools: translates("tools"),
    tool_choice: translates("`auto`, `none`, `required` or one function"),
    parallel_tool_calls: translates("whether one answer may call several tools"),
    response_format: translates("`text`, `json_object` (where the provider has it) or `json_schema`"),
    temperature: translates("0 to 2; above 1 is refused for a provider whose range ends there"),
    top_p: translates("0 to 1"),
    stop: translates("a text or up to 4"),
    max_completion_tokens: translates("the output limit"),
    max_tokens: translates("the output limit, by its older name; not together with the newer one"),
    reasoning_effort: translates("how hard to think"),
    user: translates("the end user's id"),
    safety_identifier: translates("the end user's id, by its newer name; equal to `user` where both are given"),
    stream: translates("whether the answer comes in pieces"),
    stream_options: translates("only with `stream`"),
    n: only([1], "one answer is given"),
    store: only([false], "no answer is stored"),
    metadata: accepted(storedNowhere),
    prompt_cache_key: accepted(cacheHint),
    prompt_cache_options: accepted(cacheHint),
    prompt_cache_retention: accepted(cacheHint),
    frequency_penalty: only([0], "no other protocol has penalties"),
    presence_penalty: only([0], "no other protocol has penalties"),
    logit_bias: only([{}], "no other protocol has it"),
    logprobs: only([false], "no other protocol has it"),
    top_logprobs: only([0], "no other protocol has it"),
    modalities: only([["text"]], "only text is written"),
    service_tier: only(["auto", "default"], "tiers of service are the provider's own"),
    verbosity: only(["medium"], "no other protocol has it"),
    audio: refused("only text is written"),
    functions: refused("deprecated; use tools"),
    function_call: refused("deprecated; use tool_choice"),
    moderation: refused("it is a service of one provider"),
    prediction: refused("it is a service of one provider"),
    seed: refused("no other protocol samples repeatably"),
    web_search_options: refused("hosted tools are a service of one provider"),
  },
  "messages[] of role system or developer": {
    role: translates("both are system messages"),
    content: translates("text; of several parts each is a message of its own"),
    name: refused("only OpenAI names participants"),
  },
  "messages[] of role user": {
    role: translates("user"),
    content: translates("text, or parts of type text and image_url"),
    name: refused("only OpenAI names participants"),
  },
  "messages[] of role assistant": {
    role: translates("assistant"),
    content: translates("text; parts of type text and refusal are joined"),
    refusal: translates("part of the text"),
    tool_calls: translates("calls of functions"),
    annotations: only([[]], "they point into the provider's own searches"),
    parsed: accepted("added by the SDK's helpers; the text says the same"),
    audio: refused("it is an object in the provider's account"),
    function_call: refused("deprecated; use tool_calls"),
    name: refused("only OpenAI names participants"),
  },
  "messages[] of role tool": {
    role: translates("a tool's result"),
    content: translates("text, or parts of type text"),
    tool_call_id: translates("the call it answers"),
    name: accepted("the tool's name, which clients add; the call it answers has it"),
  },
  "content[] of type text": {
    type: translates("text"),
    text: translates("text"),
    prompt_cache_breakpoint: accepted(cacheHint),
  },
  "content[] of type refusal": {
    type: translates("text of the assistant"),
    refusal: translates("text of the assistant"),
  },
  "content[] of type image_url": {
    type: translates("an image"),
    image_url: translates("an image"),
    prompt_cache_breakpoint: accepted(cacheHint),
  },
  "content[].image_url": {
    url: translates("an http(s) address, or a data URL in base64"),
    detail: translates("told to a provider that knows it; others look as they always do"),
  },
  "messages[].tool_calls[]": {
    id: translates("unchanged"),
    type: translates("function"),
    function: translates("name and arguments"),
  },
  "messages[].tool_calls[].function": {
    name: translates("unchanged"),
    arguments: translates("JSON text; for a provider that wants an object it has to be one"),
    parsed_arguments: accepted("added by the SDK's helpers; the arguments say the same"),
  },
  "tools[]": {
    type: translates("function"),
    function: translates("a tool"),
  },
  "tools[].function": {
    name: translates("unchanged"),
    description: translates("unchanged"),
    parameters: translates("JSON Schema, unchanged; absent is an object without fields"),
    strict: translates("whether arguments follow the schema to the letter"),
  },
  "tool_choice as an object": {
    type: translates("function"),
    function: translates("the one to call"),
  },
  "tool_choice.function": {
    name: translates("the one to call"),
  },
  "response_format of type text or json_object": {
    type: translates("the form of the answer"),
  },
  "response_format of type json_schema": {
    type: translates("the form of the answer"),
    json_schema: translates("the schema of the answer"),
  },
  "response_format.json_schema": {
    name: translates("told to a provider that wants a name"),
    description: translates("the schema's description, where the schema has none"),
    schema: translates("JSON Schema, unchanged"),
    strict: translates("a provider that knows only strict answers gives a strict one"),
  },
  stream_options: {
    include_usage: translates("usage in a last chunk"),
    include_obfuscation: only([false], "chunks are not padded"),
  },
};
