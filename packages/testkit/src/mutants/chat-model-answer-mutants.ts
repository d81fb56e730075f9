import { noTokens, type Usage } from "@tenantry/core";
import type { ChatModelSubject } from "../chat-model/subject.ts";
import type { Mutant } from "../contract.ts";
import { changeEvents, changeResult, changeUsage, type Fault } from "./chat-model-faults.ts";
import { chatModelMutant } from "./chat-model-mutant.ts";
import { referenceParts } from "./chat-model-reference.ts";

const noUsage: Usage = { tokens: noTokens, fees: {}, serviceTier: "standard" };

function tokensChanged(change: (tokens: Usage["tokens"]) => Partial<Usage["tokens"]>): Fault {
  return changeUsage((usage) => ({ ...usage, tokens: { ...usage.tokens, ...change(usage.tokens) } }));
}

export const answerMutants: readonly Mutant<ChatModelSubject>[] = [
  chatModelMutant(
    "makes up an id",
    ["M1"],
    changeResult((result) => ({ ...result, id: "made-up" })),
  ),
  chatModelMutant(
    "counts cached tokens twice",
    ["M2", "M16"],
    tokensChanged(({ input, cacheRead }) => ({ input: input + cacheRead })),
  ),
  chatModelMutant(
    "counts reasoning twice",
    ["M2"],
    tokensChanged(({ output, reasoning }) => ({ output: output + reasoning })),
  ),
  chatModelMutant("missing usage is zero", ["M3"], {
    parts: { convertUsage: (wire) => (wire === undefined ? noUsage : referenceParts.convertUsage(wire)) },
  }),
  chatModelMutant("zero usage is missing", ["M4"], {
    parts: {
      convertUsage: (wire) => (wire?.read === 0 && wire.wrote === 0 ? null : referenceParts.convertUsage(wire)),
    },
  }),
  chatModelMutant(
    "keeps counts in 32 bits",
    ["M5"],
    tokensChanged(({ input, output }) => ({ input: input | 0, output: output | 0 })),
  ),
  chatModelMutant(
    "corrects usage it does not believe",
    ["M5"],
    tokensChanged(({ output }) => ({ output: Math.min(output, 4096) })),
  ),
  chatModelMutant("passes on negative counts", ["M6"], {
    parts: {
      convertUsage: (wire) =>
        wire !== undefined && wire.wrote < 0
          ? { ...noUsage, tokens: { ...noTokens, input: wire.read, output: wire.wrote } }
          : referenceParts.convertUsage(wire),
    },
  }),
  chatModelMutant(
    "calls every service tier standard",
    ["M7"],
    changeUsage((usage) => ({ ...usage, serviceTier: "standard" })),
  ),
  chatModelMutant("reports the model asked for", ["M8"], {
    wrap: (model) => ({
      ...model,
      complete: async (request, options) => ({ ...(await model.complete(request, options)), model: options.model }),
    }),
  }),
  chatModelMutant(
    "takes the length stop for a finished answer",
    ["M9"],
    changeResult((result) => ({
      ...result,
      finishReason: result.finishReason === "length" ? "stop" : result.finishReason,
    })),
  ),
  chatModelMutant(
    "gives a refusal out as text",
    ["M10"],
    changeResult((result) => ({
      ...result,
      text: result.text + (result.refusal ?? ""),
      refusal: null,
    })),
  ),
  chatModelMutant(
    "keeps one tool call",
    ["M11"],
    changeResult((result) => ({ ...result, toolCalls: result.toolCalls.slice(0, 1) })),
  ),
  chatModelMutant(
    "mixes thinking into the text",
    ["M12"],
    changeEvents(() => (event) => (event.type === "reasoning" ? [{ type: "text", text: event.text }] : [event])),
  ),
  chatModelMutant("refuses fields it does not know", ["M13"], {
    parts: {
      parse(text) {
        if (text.includes("x_field_of_tomorrow")) throw new SyntaxError("unknown field");
        return JSON.parse(text) as unknown;
      },
    },
  }),
];
