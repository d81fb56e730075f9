import { it } from "vitest";

it(`passes at ${new Date(0).toISOString()}`, () => {});
