import { setTimeout as wait } from "node:timers/promises";
import { clockContract, testContract } from "@tenantry/testkit";
import { createSystemClock } from "../src/index.ts";

testContract(clockContract, {
  name: "system",
  open: () => ({
    subject: {
      clock: createSystemClock(),
      // A little more, because a timer may fire a fraction of a millisecond early.
      pass: (ms) => wait(ms + 2),
      timers: () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length,
    },
    close: () => {},
  }),
});
