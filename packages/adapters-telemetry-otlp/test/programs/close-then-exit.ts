// Ends 300 calls and exits at once, as a command-line program does, or just comes to its end.
import { setTimeout as delay } from "node:timers/promises";
import { silentLog } from "@tenantry/core";
import { createOtlpTelemetry } from "../../src/index.ts";

const [endpoint = "", mode = "close", deadlineMs = "5000"] = process.argv.slice(2);
const clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms: number) => await delay(ms),
};
const telemetry = createOtlpTelemetry({ endpoint }, { clock, log: silentLog });

for (let index = 0; index < 300; index++) {
  const call = telemetry.startCall({
    tenantId: "apex-legal",
    userId: null,
    sessionId: null,
    feature: null,
    featuresUsed: [],
    keyId: null,
    callId: `call-${index}`,
    operation: "meeting-summarization",
    tierId: "enterprise",
    model: { provider: "openai", model: "gpt-4" },
    traceparent: null,
  });
  call.deny({ code: "rate_limited", message: "no", limitId: null });
}
if (mode === "close") {
  await telemetry.close(Number(deadlineMs));
  console.log(JSON.stringify(telemetry.counts()));
  process.exit(0);
}
