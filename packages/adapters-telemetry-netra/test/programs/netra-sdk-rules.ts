// Checks rules with the real netra-sdk, in a process of its own: the SDK is a singleton that patches what it finds.
// node --conditions=@tenantry/source --experimental-import-meta-resolve netra-sdk-rules.ts <entry of the SDK>
import { sdkRules } from "../sdk/sdk-rules.ts";

const [entry = ""] = process.argv.slice(2);
for (const { name, check } of sdkRules) {
  const problem = await check({ entry }).then(
    () => null,
    (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error)),
  );
  console.log(`@rule ${JSON.stringify({ name, problem })}`);
}
process.exit(0);
