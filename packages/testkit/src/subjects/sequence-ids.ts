import { createSequenceIds } from "@tenantry/core/testing";
import type { Opened } from "../contract.ts";
import type { IdSourceSubject } from "../id-source.contract.ts";

/** Sequence ids as a subject. */
export function openSequenceIds(): Opened<IdSourceSubject> {
  let streams = 0;
  const another = (): IdSourceSubject["ids"] => {
    streams += 1;
    return createSequenceIds({ stream: streams });
  };
  return { subject: { ids: createSequenceIds(), another }, close: () => {} };
}
