import { expect, test } from "vitest";
import { createCallsBeside } from "./calls-beside.ts";

test("calls are expected for a second after one was under way or came and went", () => {
  let nowMs = 0;
  let inFlight = 0;
  let entered = 0;
  const callsBeside = createCallsBeside(
    { inFlight: () => inFlight, entered: () => entered },
    { monotonicMs: () => nowMs },
  );
  expect(callsBeside()).toBe("none");
  entered = 1;
  inFlight = 1;
  expect(callsBeside()).toBe("under-way");
  inFlight = 0;
  nowMs = 999;
  expect(callsBeside()).toBe("expected");
  nowMs = 1_000;
  expect(callsBeside()).toBe("none");
  entered = 2;
  expect(callsBeside()).toBe("expected");
});
