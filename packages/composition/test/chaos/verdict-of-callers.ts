import type { Evidence } from "./evidence.ts";
import type { SeenExchange } from "./seen.ts";

/** Answers whose end somebody saw, and which the ledger remembers otherwise or as lost (R2). */
export function durabilityProblems({ accounts, seenCalls, exchanges }: Evidence): readonly string[] {
  const outcomes = new Map(accounts.calls.map(({ callId, outcome }) => [callId, outcome]));
  const withLines = new Set(accounts.lines.map(({ callId }) => callId));
  const ofCalls = seenCalls
    .filter(({ event, callId, outcome }) => event === "ended" && outcomes.get(callId ?? "") !== outcome)
    .map(
      ({ callId, outcome }) =>
        `call ${callId} ended ${outcome}; the ledger says ${outcomes.get(callId ?? "") ?? "nothing"}`,
    );
  const ofExchanges = exchanges
    .filter(({ event, attempts }) => event === "ended" && (attempts ?? 0) > 0)
    .flatMap(({ callId, status, streamed }) => {
      const outcome = outcomes.get(callId ?? "");
      const isAnswer = status === 200;
      // A stream that its provider cut ends as well, and is told in its frames.
      const isWrong = outcome === undefined || outcome === "lost" || (isAnswer && !streamed && outcome !== "ok");
      if (isWrong)
        return [`answer ${status} of ${callId} was seen to its end; the ledger says ${outcome ?? "nothing"}`];
      return withLines.has(callId ?? "") ? [] : [`answer ${status} of ${callId} was seen to its end and has no line`];
    });
  return [...ofCalls, ...ofExchanges];
}

/** Programs send their key as the session too, so the ledger tells how often each was really tried. */
export function chainProblems({ accounts: { calls, lines }, exchanges }: Evidence): readonly string[] {
  const attempted = new Set(lines.map(({ callId }) => callId));
  const chains = Map.groupBy(
    calls.filter(({ sessionId, callId }) => sessionId?.startsWith("key-") === true && attempted.has(callId)),
    ({ sessionId }) => sessionId ?? "",
  );
  const answers = Map.groupBy(
    exchanges.filter(({ key, attempts }) => key !== null && (attempts ?? 0) > 0),
    ({ key }) => key ?? "",
  );
  return [
    ...[...chains]
      .filter(([, of]) => of.length > 1)
      .map(([key, of]) => `${key} has ${of.length} chains: ${of.map(({ callId }) => callId).join(", ")}`),
    ...[...answers].flatMap(([key, of]) => {
      const ids = new Set(of.map(({ callId }) => callId));
      return ids.size > 1 ? [`${key} was answered by ${[...ids].join(" and ")}`] : [];
    }),
  ];
}

/** Bodies of one key that were seen to their end, and are not the same. */
export function replayProblems(exchanges: readonly SeenExchange[]): readonly string[] {
  const whole = exchanges.filter(({ event, key, status }) => event === "ended" && key !== null && status === 200);
  return [...Map.groupBy(whole, ({ key }) => key ?? "")].flatMap(([key, of]) => {
    const bodies = new Set(of.map(({ bodyHash }) => bodyHash));
    return bodies.size > 1 ? [`${key} has ${bodies.size} different answers`] : [];
  });
}
