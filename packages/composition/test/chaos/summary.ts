import type { Evidence } from "./evidence.ts";
import { type Check, holds } from "./verdict.ts";

export interface RunFacts {
  /** As many as were asked for. */
  readonly kills: number;
  readonly seed: number;
  readonly tookMs: number;
}

/** What a person reads: what happened, what must hold and whether it does, how to run the same again. */
export function summaryOf(evidence: Evidence, checks: readonly Check[], facts: RunFacts): string {
  const width = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length));
  const happened = whatHappened(evidence);
  const label = width([...checks.map(({ name }) => name), ...happened.map(([name]) => name)]);
  const wanted = width(["wanted", ...checks.map((check) => check.wanted)]);
  const isGreen = holds(checks);
  return [
    `chaos: ${count(evidence.killed.gateways + evidence.killed.libraries)} kills in ${Math.round(facts.tookMs / 1000)} s, seed ${facts.seed}`,
    "",
    ...happened.map(([name, text]) => `    ${name.padEnd(label)}  ${text}`),
    "",
    `    ${"".padEnd(label)}  ${"wanted".padEnd(wanted)}  found`,
    ...checks.map(
      ({ name, wanted: want, found, problems }) =>
        `  ${problems.length === 0 ? "✓" : "✗"} ${name.padEnd(label)}  ${want.padEnd(wanted)}  ${problems.length === 0 ? found : `problems: ${count(problems.length)}`}`,
    ),
    "",
    ...checks.flatMap(({ name, problems }) => problems.slice(0, 5).map((problem) => `  ${name}: ${problem}`)),
    isGreen ? "  the books balance" : `  THE BOOKS DO NOT BALANCE`,
    `  again: pnpm chaos --kills ${facts.kills} --seed ${facts.seed}`,
  ].join("\n");
}

function whatHappened({
  accounts,
  exchanges,
  seenCalls,
  killed,
  recoveredLast,
  replayed,
}: Evidence): [string, string][] {
  const { calls, lines, entries } = accounts;
  const ended = exchanges.filter(({ event }) => event === "ended");
  const begun = exchanges.filter(({ event }) => event === "begun");
  const denied = seenCalls.filter(({ event }) => event === "denied").length;
  return [
    [
      "processes killed",
      `${count(killed.gateways)} gateways, ${count(killed.libraries)} with the library; ` +
        `${count(killed.whileStarting)} while starting, ${count(killed.besideAnother)} beside another at work`,
    ],
    ["calls admitted", `${count(calls.length)} (${countBy(calls.map(({ outcome }) => outcome))})`],
    [
      "HTTP answers",
      `${count(begun.length)} begun, ${count(ended.length)} seen to the end (${countBy(ended.map(({ status }) => String(status)))})`,
    ],
    ["denials in process", count(denied)],
    [
      "lines",
      `${count(lines.length)} (${countBy(lines.map(({ source }) => source))}); ` +
        `${count(lines.filter(({ ordinal }) => ordinal > 1).length)} of retries and fallbacks`,
    ],
    ["billed requests", count(entries.length)],
    ["recovered at the end", `${count(recoveredLast)} calls; ${count(replayed)} keys sent again`],
  ];
}

function countBy(names: readonly string[]): string {
  const groups = [...Map.groupBy(names, (name) => name)].sort(([a], [b]) => (a < b ? -1 : 1));
  return groups.map(([name, { length }]) => `${count(length)} ${name}`).join(", ");
}

function count(value: number): string {
  return value.toLocaleString("en");
}
