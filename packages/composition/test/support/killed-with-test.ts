import { onTestFinished } from "vitest";
import type { Child } from "./child.ts";

/** Ends with the test, however the test ends. */
export function killedWithTest(child: Child): Child {
  onTestFinished(async () => {
    child.kill();
    await child.ended;
  });
  return child;
}
