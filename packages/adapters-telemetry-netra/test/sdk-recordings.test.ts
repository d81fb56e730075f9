import assert from "node:assert/strict";
import {
  netraApiRecording,
  netraEndpointRecordings,
  netraSpanRecording,
  netraSpanRecordings,
  recordedSpans,
} from "@tenantry/testkit";
import { describe, it } from "vitest";
import { attribute } from "./read-span.ts";
import { recordApi, recordEndpoints, recordSpans, spanScenarios } from "./sdk/record-netra.ts";
import { itWithNetraSdk } from "./sdk/with-netra-sdk.ts";

describe("the recordings of netra-sdk", () => {
  it("are of every scenario, and of version 1.8.0", () => {
    assert.deepEqual(
      netraSpanRecordings().map(({ name }) => name),
      spanScenarios.toSorted(),
    );
    for (const recording of netraSpanRecordings()) {
      const spans = recordedSpans(recording);
      assert.ok(spans.length > 0, recording.name);
      for (const { span } of spans) assert.equal(attribute(span, "library.version"), "1.8.0");
    }
  });

  it("have no id in common, so that all of them can be sent to one collector", () => {
    const ids = netraSpanRecordings().flatMap((recording) => recordedSpans(recording).map(({ span }) => span.spanId));
    assert.equal(new Set(ids).size, ids.length);
  });
});

describe("what the installed SDK sends is what was recorded", () => {
  for (const name of spanScenarios) {
    itWithNetraSdk(name, async (sdk) => {
      assert.deepEqual({ name, ...(await recordSpans(sdk, name)) }, netraSpanRecording(name));
    });
  }

  for (const name of ["usage-api", "dashboard-api"] as const) {
    itWithNetraSdk(name, async (sdk) => {
      assert.deepEqual(JSON.parse(JSON.stringify(await recordApi(sdk, name))), netraApiRecording(name));
    });
  }

  itWithNetraSdk("endpoints and headers", async (sdk) => {
    assert.deepEqual(await recordEndpoints(sdk), netraEndpointRecordings());
  });
});
