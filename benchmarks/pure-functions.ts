import { createCataloguePrices } from "@tenantry/adapters-prices-catalogue";
import { costOf, emptySketch, insertIntoSketch, sketchQuantile, usageOf } from "@tenantry/core";
import { measure } from "mitata";

/** Functions without state: nanoseconds, by mitata. */
export async function benchPureFunctions(): Promise<void> {
  const book = (await createCataloguePrices()).current();
  const ref = { provider: "openai", model: "gpt-4o-mini" };
  const price = book.find(ref, Date.now());
  if (price === null) throw new Error("gpt-4o-mini has no price");
  const usage = usageOf({ input: 1234, cacheRead: 567, output: 89 });
  const sketch = emptySketch();
  let at = 0;
  console.log("\nPure functions");
  await print("price lookup", () => book.find(ref, 1_790_000_000_000));
  await print("cost of an attempt (3 classes)", () => costOf(usage, price));
  await print("sketch insert", () => insertIntoSketch(sketch, (at = (at + 7919) % 100_000)));
  await print("sketch quantile", () => sketchQuantile(sketch, 0.95));
}

async function print(name: string, work: () => unknown): Promise<void> {
  const stats = await measure(work);
  console.log(
    `  ${name.padEnd(44)} ${(stats.p50 / 1000).toFixed(3).padStart(10)} µs   (p99 ${(stats.p99 / 1000).toFixed(3)} µs)`,
  );
}
