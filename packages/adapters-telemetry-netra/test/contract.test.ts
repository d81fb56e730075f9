import { telemetryContract, testContract } from "@tenantry/testkit";
import { openNetraSubject } from "./open-netra.ts";

testContract(telemetryContract, { name: "netra", open: openNetraSubject });
