import { formatUsd, usd } from "@tenantry/core";
import { caller } from "./installation.ts";
import { type Shape, spansOfTrace, tenantOf, tokensOf } from "./made-spans.ts";

/** What the books must say of a tenant. */
interface TenantSums {
  calls: number;
  input: number;
  output: number;
}

/** Everything that was sent, so that the books can be held against it. */
export interface Sent {
  /** Number of the next trace. */
  readonly nextTrace: number;
  add(shape: Shape, spans: number): void;
  /** @throws Error that names the first tenant of whom the books say something else. */
  check(usage: unknown): string;
}

/** gpt-4o-mini in the catalogue, for one token. */
const inputPico = usd("0.15") / 1_000_000n;
const outputPico = usd("0.60") / 1_000_000n;

interface UsageAnswer {
  readonly rows: readonly {
    readonly tenantId: string;
    readonly calls: number;
    readonly attempts: number;
    readonly tokens: { readonly input: number; readonly output: number };
    readonly costUsd: string;
  }[];
}

export function createSent(): Sent {
  const sums = new Map<string, TenantSums>();
  let traces = 0;
  return {
    get nextTrace() {
      return traces;
    },
    add(shape, spans) {
      for (let left = spans / spansOfTrace[shape]; left > 0; left -= 1) {
        const name = tenantOf(traces);
        const sum = sums.get(name) ?? { calls: 0, input: 0, output: 0 };
        const { input, output } = tokensOf(traces);
        sum.calls += 1;
        sum.input += input;
        sum.output += output;
        sums.set(name, sum);
        traces += 1;
      }
    },
    check(usage) {
      const ofSpans = (usage as UsageAnswer).rows.filter(({ tenantId }) => tenantId !== caller);
      const rows = new Map(ofSpans.map((row) => [row.tenantId, row]));
      const say = (calls: number, attempts: number, input: number, output: number, cost: string): string =>
        `${calls} calls, ${attempts} attempts, ${input} and ${output} tokens, $${cost}`;
      for (const [tenantId, { calls, input, output }] of sums) {
        const cost = formatUsd(BigInt(input) * inputPico + BigInt(output) * outputPico);
        const row = rows.get(tenantId);
        const expected = say(calls, calls, input, output, cost);
        const told =
          row === undefined
            ? "nothing"
            : say(row.calls, row.attempts, row.tokens.input, row.tokens.output, row.costUsd);
        if (told !== expected) throw new Error(`the ledger says of ${tenantId}: ${told}; sent was ${expected}`);
      }
      if (rows.size !== sums.size) throw new Error(`the ledger knows ${rows.size} tenants; sent was for ${sums.size}`);
      return `the ledger equals what was sent: ${traces.toLocaleString("en")} calls of ${sums.size} tenants, each told once`;
    },
  };
}
