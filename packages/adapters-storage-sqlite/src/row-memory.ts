import type { DatabaseSync } from "node:sqlite";
import type { BatchHooks } from "./group-commit.ts";

/**
 * Rows kept in memory between transactions: read once and written once a transaction, however many operations it has.
 */
export interface RowMemory {
  /** Writes what has changed. */
  flush(): void;
  /** What is known may be wrong, and what has changed is void. */
  forget(): void;
}

/**
 * What is in memory is as good as the row for as long as no other connection has committed and no transaction was
 * rolled back: then all of it is forgotten, and read anew when it is asked for.
 */
export function createMemoryHooks(db: DatabaseSync, memories: readonly RowMemory[]): BatchHooks {
  const haveOthersWritten = createForeignWrites(db);
  const forget = (): void => {
    for (const memory of memories) memory.forget();
  };
  return {
    afterBegin() {
      if (haveOthersWritten()) forget();
    },
    beforeCommit() {
      for (const memory of memories) memory.flush();
    },
    afterBatch(failure) {
      if (failure !== null) forget();
    },
  };
}

/**
 * Whether another connection has committed since it was last asked; to be asked inside a transaction, where nobody can.
 * The number changes with every commit but one's own (https://www.sqlite.org/pragma.html#pragma_data_version).
 */
function createForeignWrites(db: DatabaseSync): () => boolean {
  const read = db.prepare("PRAGMA data_version");
  let last: number | null = null;
  return () => {
    const { data_version: version } = read.get() as { data_version: number };
    const isOther = version !== last;
    last = version;
    return isOther;
  };
}
