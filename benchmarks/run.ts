import { availableParallelism } from "node:os";
import { benchAdmitAndSettle } from "./admit-and-settle.ts";
import { benchMeteredCall } from "./metered-call.ts";
import { benchPureFunctions } from "./pure-functions.ts";

console.log(
  `Node ${process.version}, ${availableParallelism()} cores; medians of interleaved rounds, ratios to the first line`,
);
await benchPureFunctions();
await benchAdmitAndSettle();
await benchMeteredCall();
