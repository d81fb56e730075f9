import { telemetryContract, testContract } from "@tenantry/testkit";
import { otlpSubject } from "./open-otlp.ts";

testContract(telemetryContract, { name: "otlp, protobuf", open: otlpSubject({}) });
testContract(telemetryContract, {
  name: "otlp, JSON and gzip",
  open: otlpSubject({ protocol: "http/json", compression: "gzip" }),
});
