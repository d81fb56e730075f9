import { expect, it } from "vitest";
import { meteredCall } from "../src/calls/metered-call.ts";
import { aStand, type Stand } from "./scripted-call.ts";

const input = { tenantId: "tenant-a" };

/** A stand that notes when its first intent is written, and what came before. */
function noting(noted: string[], fails = false): Stand {
  return aStand({
    ledger: (inner) => ({
      ...inner,
      open: async (intent) => {
        noted.push("intent");
        if (fails) throw new Error("the disk is full");
        await inner.open(intent);
      },
    }),
  });
}

it("is told before the first intent is written, and in the same turn: no crash leaves an intent of an untold call", async () => {
  const noted: string[] = [];
  const stand = noting(noted);
  const beforeFirstAttempt = (callId: string): Promise<void> => {
    noted.push(callId);
    queueMicrotask(() => noted.push("later"));
    return Promise.resolve();
  };
  const { callId } = await meteredCall(stand.ports, { ...input, beforeFirstAttempt }, stand.work([{ pieces: ["a"] }]));
  expect(noted.slice(0, 3)).toEqual([callId, "intent", "later"]);
});

it("is waited for: nothing is sent before it resolves", async () => {
  const stand = noting([]);
  let resolve = (): void => undefined;
  const told = new Promise<void>((done) => (resolve = done));
  const beforeFirstAttempt = (): Promise<void> => told;
  const calling = meteredCall(stand.ports, { ...input, beforeFirstAttempt }, stand.work([{ pieces: ["a"] }]));
  for (let turn = 0; turn < 5; turn += 1) await new Promise((next) => setImmediate(next));
  expect(stand.sent).toHaveLength(0);
  resolve();
  expect((await calling).kind).toBe("answering");
  expect(stand.sent).toHaveLength(1);
});

it("is not waited for where the intent cannot be written, and its failure troubles nobody then", async () => {
  const stand = noting([], true);
  const beforeFirstAttempt = async (): Promise<void> => await Promise.reject(new Error("no claim"));
  const calling = meteredCall(stand.ports, { ...input, beforeFirstAttempt }, stand.work([{ pieces: ["a"] }]));
  await expect(calling).rejects.toMatchObject({ code: "unavailable" });
  expect(stand.sent).toHaveLength(0);
});
