import { findNetraSdk, type NetraSdkPackage, noNetraSdk } from "@tenantry/testkit";
import { it } from "vitest";

/** The SDK, where it is installed. Says so once a file where it is not. */
export const netraSdk: NetraSdkPackage | null = findNetraSdk();
if (netraSdk === null) console.log(`skipped: ${noNetraSdk}`);

/** A test that runs the real SDK; counted as skipped, with the reason, where there is none. */
export function itWithNetraSdk(title: string, check: (sdk: NetraSdkPackage) => Promise<void>): void {
  if (netraSdk === null) it.skip(`${title} (${noNetraSdk})`);
  else it(title, async () => await check(netraSdk as NetraSdkPackage), 120_000);
}
