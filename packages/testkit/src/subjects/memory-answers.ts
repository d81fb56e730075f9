import type { AnswerStore } from "@tenantry/core";
import { createManualClock, createMemoryAnswerStore, createMemoryState } from "@tenantry/core/testing";
import type { AnswerStoreSubject } from "../answer-store/subject.ts";
import type { Opened } from "../contract.ts";
import { firstOwner, type MemoryLimitsOptions } from "./memory-limits.ts";

/** The memory double as a subject; `make` may wrap every client of it, `atRest` say what it keeps elsewhere. */
export function openMemoryAnswers(
  make: (options: MemoryLimitsOptions) => AnswerStore = createMemoryAnswerStore,
  atRest: (options: MemoryLimitsOptions) => readonly Uint8Array[] = () => [],
): Opened<AnswerStoreSubject> {
  const clock = createManualClock();
  const state = createMemoryState();
  let clients = 1;
  const another = async (): Promise<AnswerStore> => {
    clients += 1;
    return make({ clock, state, owner: `client-${clients}` });
  };
  const subject: AnswerStoreSubject = {
    store: make({ clock, state, owner: firstOwner }),
    clock,
    another,
    crash: async () => {
      state.dead.add(firstOwner);
      return await another();
    },
    atRest: async () => atRest({ clock, state, owner: firstOwner }),
    breakWrites: () => {
      state.readOnly = true;
    },
    mendWrites: () => {
      state.readOnly = false;
    },
  };
  return { subject, close: () => {} };
}
