// Runs the SDK and writes down what it sent: NETRA_SDK_PATH=… node --conditions=@tenantry/source write-netra-recordings.ts
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findNetraSdk, noNetraSdk } from "@tenantry/testkit";
import { recordApi, recordEndpoints, recordSpans, spanScenarios } from "../sdk/record-netra.ts";
import { recordingText } from "../sdk/recording-text.ts";

const sdk = findNetraSdk();
if (sdk === null) throw new Error(noNetraSdk);
const folder = join(import.meta.dirname, "..", "..", "..", "testkit", "fixtures", "netra");
const only = process.argv.slice(2);
const isAsked = (name: string): boolean => only.length === 0 || only.includes(name);
const write = (name: string, content: unknown): void => {
  writeFileSync(join(folder, `${name}.json`), recordingText(content));
  console.log(name);
};

mkdirSync(join(folder, "spans"), { recursive: true });
for (const name of spanScenarios.filter(isAsked)) write(`spans/${name}`, await recordSpans(sdk, name));
for (const name of (["usage-api", "dashboard-api"] as const).filter(isAsked)) write(name, await recordApi(sdk, name));
if (isAsked("endpoints")) write("endpoints", await recordEndpoints(sdk));
