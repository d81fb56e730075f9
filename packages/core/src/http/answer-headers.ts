import type { LedgerLine } from "../metering/ledger-line.ts";
import { formatUsd } from "../money/decimal.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import { formatModelRef } from "../tenancy/model-ref.ts";
import type { CallEnded } from "../calls/close-attempt.ts";
import type { Metered } from "../calls/metered-call.ts";
import { rateHeaders } from "./rate-headers.ts";

type Headers = Readonly<Record<string, string>>;

/** The id under which support finds a request, under both names that vendors' clients read. */
export function requestIds(id: string): Headers {
  return { "x-request-id": id, "request-id": id };
}

/** What of a provider's head describes its connection to us and not the answer. */
const notOurs: ReadonlySet<string> = new Set([
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "trailer",
]);

/** The head of an answer. The provider's request id stays where it gave one. */
export function answerHeaders(
  metered: Extract<Metered<unknown>, { kind: "answering" }>,
  provider: Headers,
  nowMs: number,
): Record<string, string> {
  const headers: Record<string, string> = { ...requestIds(metered.callId) };
  for (const [name, value] of Object.entries(provider)) if (!notOurs.has(name)) headers[name] = value;
  headers["x-tenantry-call-id"] = metered.callId;
  headers["x-tenantry-model"] = formatModelRef(metered.model);
  headers["x-tenantry-attempts"] = String(metered.attempts);
  if (metered.outputLimit !== null) headers["x-tenantry-max-output-tokens"] = String(metered.outputLimit);
  return Object.assign(headers, rateHeaders(metered.states.windows, nowMs));
}

/** What a call came to, as far as the tenant may know. A part that is unknown makes the sum unknown, and it is left out (R6). */
export function moneyHeaders({ lines }: Pick<CallEnded, "lines">, showCost: boolean): Headers {
  const charge = sum(lines, ({ chargePico }) => chargePico);
  const cost = showCost ? sum(lines, ({ costPico }) => costPico) : null;
  return {
    ...(charge === null ? {} : { "x-tenantry-charge-usd": formatUsd(charge) }),
    ...(cost === null ? {} : { "x-tenantry-cost-usd": formatUsd(cost) }),
  };
}

function sum(lines: readonly LedgerLine[], amountOf: (line: LedgerLine) => PicoUsd | null): PicoUsd | null {
  let total = 0n;
  for (const line of lines) {
    const amount = amountOf(line);
    if (amount === null) return null;
    total += amount;
  }
  return total;
}
