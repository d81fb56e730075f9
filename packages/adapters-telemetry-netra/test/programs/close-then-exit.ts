// Ends 300 calls and exits at once, as a command-line program does.
import { setTimeout as delay } from "node:timers/promises";
import { silentLog } from "@tenantry/core";
import { createNetraTelemetry } from "../../src/index.ts";

const [endpoint = "", mode = "close", deadlineMs = "5000"] = process.argv.slice(2);
const clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms: number) => await delay(ms),
};
const telemetry = createNetraTelemetry({ endpoint, apiKey: "key-for-tests" }, { clock, log: silentLog });

function makeCalls(count: number): void {
  for (let index = 0; index < count; index++) {
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
}

async function drain(): Promise<void> {
  await delay(50);
  await telemetry.close(Number(deadlineMs));
  console.log(`drained ${JSON.stringify(telemetry.counts())}`);
  process.exit(0);
}

makeCalls(300);
if (mode === "close") {
  await telemetry.close(Number(deadlineMs));
  console.log(JSON.stringify(telemetry.counts()));
  process.exit(0);
} else if (mode === "sigterm") {
  process.on("SIGTERM", () => void drain());
  setInterval(() => {}, 1_000);
  console.log("ready");
} else {
  // Ends by itself: telemetry holds nothing open.
  console.log("done");
}
