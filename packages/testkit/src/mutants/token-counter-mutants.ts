import { performance } from "node:perf_hooks";
import type { TokenCount, TokenCounter } from "@tenantry/core";
import { createByteTokenCounter } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import type { TokenCounterSubject } from "../token-counter.contract.ts";

const exactModel = "bytes";

type Count = (model: string, text: string) => Promise<TokenCount>;

function mutant(name: string, kills: readonly string[], damage: (count: Count) => Count): Mutant<TokenCounterSubject> {
  return {
    name,
    kills,
    open: () => {
      const sound = createByteTokenCounter([exactModel]);
      const counter: TokenCounter = {
        count: damage((model, text) => sound.count(model, text)),
      };
      return { subject: { counter, exactModel }, close: () => undefined };
    },
  };
}

/** Changes the number of tokens of a sound count. */
function changing(change: (tokens: number, text: string) => number): (count: Count) => Count {
  return (count) => async (model, text) => {
    const { tokens, exact } = await count(model, text);
    return { tokens: change(tokens, text), exact };
  };
}

function block(forMs: number): void {
  const end = performance.now() + forMs;
  while (performance.now() < end);
}

function longestRun(text: string): number {
  let longest = 0;
  let run = 0;
  for (let index = 0; index < text.length; index += 1) {
    run = text.charCodeAt(index) === text.charCodeAt(index - 1) ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** Token counters that are wrong on purpose. */
export const tokenCounterMutants: readonly Mutant<TokenCounterSubject>[] = [
  mutant(
    "divides bytes by four",
    ["K1"],
    changing((tokens) => tokens / 4),
  ),
  mutant(
    "counts a start token for every text",
    ["K2"],
    changing((tokens) => tokens + 1),
  ),
  mutant(
    "finds nothing in whitespace",
    ["K2"],
    changing((tokens, text) => (text.trim() === "" ? 0 : tokens)),
  ),
  mutant("rejects special tokens", ["K3"], (count) => async (model, text) => {
    if (text.includes("<|")) throw new Error("disallowed special token");
    return await count(model, text);
  }),
  mutant("rejects text that is not well formed", ["K3"], (count) => async (model, text) => {
    encodeURIComponent(text);
    return await count(model, text);
  }),
  mutant(
    "counts a special token as one",
    ["K4"],
    changing((tokens, text) => tokens - 12 * (text.match(/<\|endoftext\|>/g)?.length ?? 0)),
  ),
  mutant("calls every count exact", ["K5"], (count) => async (model, text) => ({
    ...(await count(model, text)),
    exact: true,
  })),
  mutant("calls no count exact", ["K5"], (count) => async (model, text) => ({
    ...(await count(model, text)),
    exact: false,
  })),
  mutant("adds to what it counted before", ["K6"], (count) => {
    let before = 0;
    return async (model, text) => {
      const { tokens, exact } = await count(model, text);
      before += text === "" ? 0 : 1;
      return { tokens: tokens === 0 ? 0 : tokens + before, exact };
    };
  }),
  mutant("looks at the first 100,000 characters", ["K7"], (count) => async (model, text) => {
    return await count(model, text.slice(0, 100_000));
  }),
  mutant(
    "takes something off when a text grows",
    ["K8"],
    changing((tokens, text) => (text.length > 40 && text.length < 60 ? tokens - 20 : tokens)),
  ),
  mutant("is slow on runs", ["K9"], (count) => async (model, text) => {
    if (longestRun(text) > 100_000) block(1_200);
    return await count(model, text);
  }),
  mutant("skips runs", ["K9"], (count) => async (model, text) => {
    return await count(model, longestRun(text) > 10_000 ? text.slice(0, 100) : text);
  }),
  mutant("blocks the event loop on long texts", ["K10"], (count) => async (model, text) => {
    if (text.length > 200_000) block(60);
    return await count(model, text);
  }),
  mutant("keeps its tally outside the call", ["K11"], (count) => {
    let tally = 0;
    return async (model, text) => {
      const { tokens, exact } = await count(model, text);
      tally = tokens;
      await Promise.resolve();
      return { tokens: tally, exact };
    };
  }),
];
