import type { Usage } from "@tenantry/core";
import { listOf, objectOf } from "./json-object.ts";

/** Models that search for every answer: `gpt-4o-search-preview`, `gpt-5-search-api`, with or without a date. */
const searchModel = /-search-(?:preview|api)(?:-|$)/;

/**
 * Usage with what the search of a chat costs. The usage report of a chat does not count searches. A model made for it
 * searches once for every answer: `webSearch`. An answer of any other model that cites the web came of nobody knows how
 * many: `webSearchUncounted`, which has no price unless the operator sets one (R6).
 *
 * https://developers.openai.com/api/docs/guides/tools-web-search (read 2026-11-23)
 */
export function withSearchFee(usage: Usage | null, model: string, cites: boolean): Usage | null {
  const fee = searchModel.test(model) ? "webSearch" : cites ? "webSearchUncounted" : null;
  return usage === null || fee === null ? usage : { ...usage, fees: { ...usage.fees, [fee]: 1 } };
}

/** Whether a message, or a piece of one, cites the web. */
export function citesWeb(message: Readonly<Record<string, unknown>>): boolean {
  return listOf(message["annotations"]).some((annotation) => objectOf(annotation)["type"] === "url_citation");
}
