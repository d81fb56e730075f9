import { formatPerMillionUsd, formatUsd } from "../money/decimal.ts";
import { tokenClasses } from "./usage.ts";
import type { Allowance } from "./allowance.ts";
import {
  type AttemptCharges,
  type ChargePolicy,
  type CostCharge,
  defaultAttemptCharges,
  type ListCharge,
} from "./charge.ts";

type Unnamed = (CostCharge | ListCharge) & Pick<ChargePolicy, "allowance" | "attempts">;

/**
 * Names a charge policy for ever by what it says, so that equal policies have equal names and a changed one another:
 * `markup-200000ppm`, `list-5d41402abc4b2a76+unlisted-pass-through+100-calls-month`.
 */
export function chargeVersion(policy: Unnamed): string {
  return [baseVersion(policy), ...allowanceVersion(policy.allowance), ...attemptsVersion(policy.attempts)].join("+");
}

/** The markup that priced a line by its cost, from the line's policy version; null when there was none. */
export function markupIn(version: string): bigint | null {
  const match = /(?:^|\+unlisted-)markup-(\d+)ppm(?:\+|$)/.exec(version);
  return match?.[1] === undefined ? null : BigInt(match[1]);
}

function baseVersion(policy: CostCharge | ListCharge): string {
  if (policy.kind === "pass-through") return "pass-through";
  if (policy.kind === "markup") return `markup-${policy.markupPpm}ppm`;
  const unlisted = policy.unlisted === null ? "" : `+unlisted-${baseVersion(policy.unlisted)}`;
  return `list-${hashOf(listText(policy))}${unlisted}`;
}

function allowanceVersion(allowance: Allowance | undefined): string[] {
  if (allowance === undefined) return [];
  const { unit, amount, per } = allowance;
  return [`${unit === "usd" ? formatUsd(amount) : amount}-${unit}-${per}`];
}

function attemptsVersion(attempts: AttemptCharges | undefined): string[] {
  if (attempts === undefined) return [];
  return (["aborted", "cut", "failed"] as const).flatMap((kind) =>
    attempts[kind] === defaultAttemptCharges[kind] ? [] : [`${kind}-${attempts[kind]}`],
  );
}

/** The list in one order, whatever order it was written in. */
function listText({ models }: ListCharge): string {
  const byName = (a: string, b: string): number => (a < b ? -1 : 1);
  return JSON.stringify(
    Object.keys(models)
      .toSorted(byName)
      .map((name) => {
        const { rates, fees } = models[name] as ListCharge["models"][string];
        const perToken = tokenClasses.map((of) => (rates[of] === undefined ? null : formatPerMillionUsd(rates[of])));
        const perUnit = Object.keys(fees)
          .toSorted(byName)
          .map((fee) => [fee, formatUsd(fees[fee] ?? 0n)]);
        return [name, perToken, perUnit];
      }),
  );
}

/** FNV-1a of 64 bits over UTF-16 code units: names texts apart, and is no protection against somebody who forges one. */
function hashOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let index = 0; index < text.length; index += 1) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(index))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}
