import { listOf, objectOf, textOf, type JsonObject } from "../json-object.ts";

/** Fees of tools the provider runs: the token report does not count them, the answer's items do. */
const billedItems: ReadonlyMap<string, string> = new Map([
  ["web_search_call", "webSearch"],
  ["file_search_call", "fileSearch"],
  ["code_interpreter_call", "codeInterpreter"],
  ["image_generation_call", "imageGeneration"],
  ["shell_call", "shell"],
]);

/** Calls that run at the caller's, or are billed by their tokens. */
const freeCalls: ReadonlySet<string> = new Set([
  "function_call",
  "custom_tool_call",
  "computer_call",
  "local_shell_call",
  "apply_patch_call",
  "mcp_call",
  "tool_search_call",
]);

/** Of the actions of a search only the search itself is billed. */
const freeActions: readonly unknown[] = ["open_page", "find_in_page", "find"];

/**
 * What a response costs beside its tokens, by the names of fees. A call nobody knows is a fee of its own name, unpriced
 * until somebody prices it (R6).
 *
 * Searches are counted by the provider where it says how many it bills (`tool_usage`), else by its items. Containers are
 * billed each, not by what runs in them.
 *
 * https://developers.openai.com/api/docs/guides/tools-web-search, https://developers.openai.com/api/docs/pricing and
 * https://developers.openai.com/api/reference/resources/responses (read 2026-11-23)
 */
export function feesOfResponse(response: JsonObject): Record<string, number> {
  const fees: Record<string, number> = {};
  const containers = new Set<string>();
  for (const item of listOf(response["output"]).map(objectOf)) {
    const fee = feeOf(item);
    if (fee === null) continue;
    const container = textOf(item["container_id"]) || textOf(objectOf(item["environment"])["container_id"]);
    if (container !== "" && containers.has(container)) continue;
    if (container !== "") containers.add(container);
    fees[fee] = (fees[fee] ?? 0) + 1;
  }
  const { webSearch: counted = 0, ...others } = fees;
  const searches = reportedSearches(response) ?? counted;
  return searches === 0 ? others : { ...others, [nameOfSearch(response)]: searches };
}

function feeOf(item: JsonObject): string | null {
  const type = textOf(item["type"]);
  if (type === "shell_call" && objectOf(item["environment"])["type"] === "local") return null;
  if (type === "web_search_call" && freeActions.includes(objectOf(item["action"])["type"])) return null;
  return billedItems.get(type) ?? (type.endsWith("_call") && !freeCalls.has(type) ? type : null);
}

function reportedSearches(response: JsonObject): number | null {
  const requests = objectOf(objectOf(response["tool_usage"])["web_search"])["num_requests"];
  return Number.isSafeInteger(requests) && (requests as number) >= 0 ? (requests as number) : null;
}

/** Models whose searches are billed as a fixed block of input tokens on top, which no report tells. */
const billsFixedBlock = /^gpt-4(?:o|\.1)-mini(?:-\d|$)/;

/** The older tool has a price of its own, and so has the newer with some models. */
function nameOfSearch({ tools, model }: JsonObject): string {
  const types = listOf(tools).map((tool) => textOf(objectOf(tool)["type"]));
  if (types.some((type) => type.startsWith("web_search_preview"))) return "webSearchPreview";
  return billsFixedBlock.test(textOf(model)) ? "webSearchFixedBlock" : "webSearch";
}
