import type { Mutant } from "../contract.ts";
import type { SpanStoreSubject } from "../span-store/subject.ts";
import { decidingMutants } from "./span-deciding-mutants.ts";
import { findingMutants } from "./span-finding-mutants.ts";
import { listingMutants } from "./span-listing-mutants.ts";

/** Stores that break the SpanStore contract, each in one way that has happened to somebody. */
export const spanStoreMutants: readonly Mutant<SpanStoreSubject>[] = [
  ...findingMutants,
  ...decidingMutants,
  ...listingMutants,
];
