import { accepted, only, refused, translates, type FieldTable } from "../field-rules.ts";

const cacheHint = "a wish about the provider's cache; it changes no answer";
const stored = "it names an object in the provider's account, and no answer is stored";
const givenBack = "what an earlier answer said about itself";

/**
 * Every field of a response's request that is known here, and what becomes of it.
 *
 * https://developers.openai.com/api/reference/resources/responses/methods/create
 */
export const responseFields: FieldTable = {
  body: {
    model: translates("chooses the model; absent or an alias: the tier's route"),
    input: translates("a user's text, or items"),
    instructions: translates("a system message before all others"),
    tools: translates("tools"),
    tool_choice: translates("`auto`, `none`, `required` or one function"),
    parallel_tool_calls: translates("whether one answer may call several tools"),
    text: translates("the form of the answer"),
    temperature: translates("0 to 2; above 1 is refused for a provider whose range ends there"),
    top_p: translates("0 to 1"),
    max_output_tokens: translates("the output limit"),
    reasoning: translates("how hard and how visibly to think"),
    user: translates("the end user's id"),
    safety_identifier: translates("the end user's id, by its newer name; equal to `user` where both are given"),
    stream: translates("whether the answer comes in pieces"),
    stream_options: translates("only with `stream`"),
    include: only(
      [[], ["reasoning.encrypted_content"]],
      "thinking that has to be given back is always included, and nothing else can be",
    ),
    metadata: accepted("labels of a stored answer, and no answer is stored; the answer repeats them"),
    prompt_cache_key: accepted(cacheHint),
    prompt_cache_options: accepted(cacheHint),
    prompt_cache_retention: accepted(cacheHint),
    background: only([false], "no answer is stored"),
    service_tier: only(["auto", "default"], "tiers of service are the provider's own"),
    store: only([false], "no answer is stored"),
    top_logprobs: only([0], "no other protocol has it"),
    truncation: only(["disabled"], "no other protocol shortens its input"),
    access_programs: refused("it is a service of one provider"),
    context_management: refused("it is a service of one provider"),
    conversation: refused(stored),
    image: refused("only text is written"),
    max_tool_calls: refused("it counts hosted tools, which are a service of one provider"),
    moderation: refused("it is a service of one provider"),
    previous_response_id: refused(stored),
    prompt: refused(stored),
  },
  "input[] of type message": {
    type: translates("a message; may be absent"),
    role: translates("user, assistant, system or developer; the last two are system messages"),
    content: translates("text, or parts"),
    id: accepted(givenBack),
    phase: accepted(givenBack),
    status: accepted(givenBack),
  },
  "content[] of type input_text": {
    type: translates("text"),
    text: translates("text"),
    prompt_cache_breakpoint: accepted(cacheHint),
  },
  "content[] of type output_text": {
    type: translates("text of the assistant"),
    text: translates("text; parts are joined"),
    annotations: only([[]], "they point into the provider's own searches"),
    logprobs: only([[]], "no other protocol has it"),
    parsed: accepted("added by the SDK's helpers; the text says the same"),
  },
  "content[] of type refusal": {
    type: translates("text of the assistant"),
    refusal: translates("text of the assistant"),
  },
  "content[] of type input_image": {
    type: translates("an image of a user, or of a tool's result where the provider takes images there"),
    image_url: translates("an http(s) address, or a data URL in base64"),
    detail: translates("told to a provider that knows it; others look as they always do"),
    file_id: refused(stored),
    prompt_cache_breakpoint: accepted(cacheHint),
  },
  "input[] of type function_call": {
    type: translates("a call of a function"),
    call_id: translates("unchanged"),
    name: translates("unchanged"),
    arguments: translates("JSON text; for a provider that wants an object it has to be one"),
    id: accepted(givenBack),
    status: accepted(givenBack),
    parsed_arguments: accepted("added by the SDK's helpers; the arguments say the same"),
    async: only([false], "calls are answered in the next turn"),
    caller: only([{ type: "direct" }], "code that calls tools runs at the provider"),
    namespace: refused("no other protocol has it"),
  },
  "input[] of type function_call_output": {
    type: translates("a tool's result"),
    call_id: translates("the call it answers"),
    output: translates("text, or parts of type input_text and input_image"),
    id: accepted(givenBack),
    name: accepted(givenBack),
    status: accepted(givenBack),
    caller: only([{ type: "direct" }], "code that calls tools runs at the provider"),
    namespace: refused("no other protocol has it"),
  },
  "input[] of type reasoning": {
    type: translates("thinking of an earlier answer"),
    encrypted_content: translates("given back to the provider that wrote it; no input for any other"),
    summary: accepted("encrypted_content says the same"),
    content: accepted("encrypted_content says the same"),
    id: accepted(givenBack),
    status: accepted(givenBack),
  },
  "tools[]": {
    type: translates("function"),
    name: translates("unchanged"),
    description: translates("unchanged"),
    parameters: translates("JSON Schema, unchanged; absent is an object without fields"),
    strict: translates("whether arguments follow the schema to the letter"),
    allowed_callers: only([["direct"]], "code that calls tools runs at the provider"),
    async: only([false], "calls are answered in the next turn"),
    defer_loading: only([false], "tools are searched at the provider"),
    output_schema: refused("no other protocol has it"),
  },
  "tool_choice as an object": {
    type: translates("function"),
    name: translates("the one to call"),
  },
  text: {
    format: translates("`text`, `json_object` (where the provider has it) or `json_schema`"),
    verbosity: only(["medium"], "no other protocol has it"),
  },
  "text.format of type text or json_object": {
    type: translates("the form of the answer"),
  },
  "text.format of type json_schema": {
    type: translates("the form of the answer"),
    name: translates("told to a provider that wants a name"),
    description: translates("the schema's description, where the schema has none"),
    schema: translates("JSON Schema, unchanged"),
    strict: translates("a provider that knows only strict answers gives a strict one"),
  },
  reasoning: {
    effort: translates("how hard to think"),
    summary: translates("any word: the answer shows its thinking, if the provider does"),
    generate_summary: translates("the older name of `summary`"),
    context: only(["auto"], "what a model keeps of its thinking is the provider's own"),
    mode: only(["standard"], "modes are the provider's own"),
  },
  stream_options: {
    include_obfuscation: only([false], "events are not padded"),
  },
};
