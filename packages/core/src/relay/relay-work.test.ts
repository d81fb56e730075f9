import { describe, expect, it } from "vitest";
import { TenantryError } from "../errors/tenantry-error.ts";
import type { Relay, RelayOptions, RelayRequest } from "../ports/relay.port.ts";
import { emptyReading } from "../calls/work.ts";
import { relayWork } from "./relay-work.ts";

const request: RelayRequest = { operation: "responses", headers: {}, body: "{}" };
const signal = { aborted: false } as RelayOptions["signal"];
const options = { attemptId: "a", tenantId: "t", store: false, maxOutputTokens: 7, signal };

function relayOf(provider: string, protocol: string = "p"): Relay & { opened: RelayOptions[]; reads: number } {
  return {
    provider,
    protocol,
    operations: ["responses", "other"],
    opened: [],
    reads: 0,
    read() {
      this.reads += 1;
      const size = {
        inputTokens: 5,
        overheadTokens: 1,
        text: () => "",
        inputClasses: [],
        maxOutputTokens: 3,
        choices: 2,
        unbounded: null,
      };
      return { model: "m", streamed: true, size, temperature: 0.5, topP: null, userId: null };
    },
    async open(_request, opened) {
      this.opened.push(opened);
      return { events: { next: async () => ({ done: true, value: undefined }) }, reading: emptyReading() };
    },
  };
}

async function failureOf(act: () => unknown): Promise<TenantryError> {
  try {
    await act();
  } catch (error) {
    if (TenantryError.is(error)) return error;
  }
  return expect.fail("it did not fail with an error of ours");
}

describe("a call in a provider's own protocol", () => {
  it("is what the relay reads in it, and is read by one relay", () => {
    const [one, two] = [relayOf("one"), relayOf("two")];
    const work = relayWork([one, two], "p", request);
    expect(work).toMatchObject({ kind: "response", streamed: true, temperature: 0.5, topP: null, messages: [] });
    expect(work.size).toMatchObject({ inputTokens: 5, choices: 2 });
    expect([one.reads, two.reads]).toEqual([1, 0]);
    expect(relayWork([one], "p", { ...request, operation: "other" }).kind).toBe("other");
  });

  it("reaches the providers that speak the protocol and serve the operation", () => {
    const work = relayWork([relayOf("one"), relayOf("two", "q")], "p", request);
    expect(["one", "two", "three"].map((provider) => work.reaches({ provider, model: "m" }))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("opens at the target's provider for the target's model", async () => {
    const [one, two] = [relayOf("one"), relayOf("two")];
    await relayWork([one, two], "p", request).open({ provider: "two", model: "m-2" }, options);
    expect([one.opened, two.opened]).toEqual([[], [{ ...options, model: "m-2" }]]);
  });

  it("that nobody serves was not sent", async () => {
    const nobody = await failureOf(() => relayWork([relayOf("one")], "q", request));
    const unserved = await failureOf(() => relayWork([relayOf("one")], "p", { ...request, operation: "images" }));
    const work = relayWork([relayOf("one")], "p", request);
    const elsewhere = await failureOf(async () => await work.open({ provider: "two", model: "m" }, options));
    for (const error of [nobody, unserved, elsewhere]) {
      expect([error.code, error.upstream?.kind, error.upstream?.fault]).toEqual([
        "upstream_error",
        "not-sent",
        "account",
      ]);
    }
    expect(elsewhere.upstream?.provider).toBe("two");
  });
});
