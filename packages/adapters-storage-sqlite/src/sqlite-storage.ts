import {
  type AnswerStore,
  type Clock,
  type KeyStore,
  type LimitStore,
  type Log,
  type PriceEditions,
  silentLog,
  type SpanStore,
  type TenantDirectory,
  type UsageLedger,
  type UsageReader,
} from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { createAnswerStore } from "./answer-store.ts";
import { openReader, openWriter } from "./connection.ts";
import { type BatchHooks, createGroupCommit } from "./group-commit.ts";
import { createInFlight } from "./in-flight.ts";
import { createKeyStore } from "./key-store.ts";
import { createLimitStore } from "./limit-store.ts";
import { readOptions, type Settings, type SqliteStorageOptions } from "./options.ts";
import { createOwners } from "./owners.ts";
import { createRollUps } from "./roll-ups.ts";
import { createPendingTraces } from "./pending-traces.ts";
import { createMemoryHooks } from "./row-memory.ts";
import { createRowPresence } from "./row-presence.ts";
import { createSpanLookups } from "./span-lookups.ts";
import { createSpanStore } from "./span-store.ts";
import { createTenantDirectory } from "./tenant-directory.ts";
import { openStoreClock } from "./store-anchor.ts";
import { createStorageThread } from "./storage-thread.ts";
import { createRetractions } from "./retractions.ts";
import { createPriceEditions } from "./price-editions.ts";
import { translateError } from "./translate-error.ts";
import { createUsageLedger } from "./usage-ledger.ts";
import { createUsageReader } from "./usage-reader.ts";

export interface SqliteStoragePorts {
  readonly clock: Clock;
  /** Told of transactions that failed. Default: nobody. */
  readonly log?: Log;
}

/** Whether the storage can be written now, and what is wrong when it cannot. */
export type StorageHealth = { readonly ok: true } | { readonly ok: false; readonly problem: string };

export interface SqliteStorage {
  readonly limits: LimitStore;
  readonly ledger: UsageLedger;
  readonly reader: UsageReader;
  readonly tenants: TenantDirectory;
  readonly keys: KeyStore;
  readonly prices: PriceEditions;
  readonly spans: SpanStore;
  /** Answers are encrypted with the key in `<path>.key`, a file for this user alone, made at the first use. */
  readonly answers: AnswerStore;
  /** Writes as much as a call does, so that a full disk shows. Answers within the busy time-out; never rejects. */
  health(): Promise<StorageHealth>;
  /**
   * Waits for what is under way, then gives up what this storage holds: its open intents may be recovered by others
   * from then on. Every port is `unavailable` afterwards. Idempotent.
   */
  close(): Promise<void>;
}

/** At least what the pages that a call changes take in the log. */
const CALL_BYTES = 131_072;
/**
 * Operations between two checkpoints: some ten megabytes of log. A checkpoint makes the disk write, and whoever commits
 * meanwhile may wait for it: with one each few dozen calls it is what the slowest calls in a hundred wait for.
 */
const CHECKPOINT_EVERY = 1_000;
/** So many spans of a batch are as much in the log as one operation is. */
const SPANS_OF_AN_OPERATION = 16;

/**
 * Ledger, limits, tenants and roll-ups in one SQLite file. Any number of processes may open it at once.
 *
 * @throws TenantryError `invalid_configuration` when an option is wrong, or the file is no database of ours or has a newer
 * schema (it is not touched then); `unavailable` when it cannot be opened or stays locked for the busy time-out.
 */
export async function openSqliteStorage(
  options: SqliteStorageOptions,
  ports: SqliteStoragePorts,
): Promise<SqliteStorage> {
  const settings = readOptions(options);
  const db = await openWriter(settings);
  try {
    return await createStorage(db, settings, ports);
  } catch (error) {
    db.close();
    throw translateError(error);
  }
}

/** The ports over an open connection with the current schema. */
export async function createStorage(
  db: DatabaseSync,
  settings: Settings,
  { clock, log = silentLog }: SqliteStoragePorts,
): Promise<SqliteStorage> {
  const { path, busyTimeoutMs } = settings;
  const isInMemory = path === ":memory:";
  const owners = createOwners(db, settings.owner);
  const rollUps = createRollUps(db);
  const inFlight = createInFlight(db, owners.id);
  const haveSpans = createRowPresence(db, "spans");
  const haveRetractions = createRowPresence(db, "retracted_calls");
  const thread = isInMemory ? null : createStorageThread({ path, busyTimeoutMs });
  const checkpoints = createCheckpoints(() => thread?.checkpoint());
  const memories = [inFlight, rollUps, haveSpans, haveRetractions];
  const hooks = checkpoints.after(withLog(createMemoryHooks(db, memories), log));
  const group = createGroupCommit(db, hooks, { busyTimeoutMs });
  const answers = createAnswerStore({ db, group, owners, clock, log, keyFile: isInMemory ? null : `${path}.key` });
  const reading = isInMemory ? db : openReader(path, busyTimeoutMs);
  const reader = thread?.reader ?? createUsageReader(db, group);
  const pending = createPendingTraces(db, haveSpans);
  const spans = createSpanStore({
    db,
    group,
    clock,
    lookups: createSpanLookups(reading),
    reader,
    reads: isInMemory ? (read) => group.write(read) : readNow,
    pending,
    presence: haveSpans,
    spansWritten: checkpoints.spansWritten,
    keepSpansMs: settings.keepSpansMs,
  });
  const takeRoom = db.prepare(`INSERT OR REPLACE INTO room (id, bytes) VALUES (1, randomblob(${CALL_BYTES}))`);
  let closing: Promise<void> | null = null;

  const time = await group.write(() => {
    owners.register(clock.now());
    return openStoreClock(db, clock);
  });

  async function closeAll(): Promise<void> {
    // An owner that cannot say good-bye is recovered when its process has ended.
    await group.close(() => {
      inFlight.flush();
      owners.leave();
    });
    await thread?.close();
    if (!isInMemory) reading.close();
    db.close();
  }

  return {
    limits: createLimitStore({ db, group, owners, inFlight, time }),
    ledger: createUsageLedger({
      db,
      group,
      owners,
      intents: inFlight.intents,
      rollUps,
      pending,
      retractions: createRetractions(db, rollUps, haveRetractions),
    }),
    reader,
    spans,
    tenants: createTenantDirectory(db, reading, group),
    keys: createKeyStore(db, reading, group),
    prices: createPriceEditions(db, reading, group),
    answers,
    async health() {
      try {
        await group.write(() => {
          owners.touch(clock.now());
          takeRoom.run();
          // Where nobody claims an answer or sends spans, what has expired goes with these.
          answers.purge();
          spans.purge();
        });
        return { ok: true };
      } catch (error) {
        return { ok: false, problem: translateError(error).message };
      }
    },
    close: () => (closing ??= closeAll()),
  };
}

/** On a connection of its own: a question sees the last commit, and nothing of a transaction that may yet fail. */
async function readNow<Result>(read: () => Result): Promise<Result> {
  try {
    return read();
  } catch (error) {
    throw translateError(error);
  }
}

function withLog(hooks: BatchHooks, log: Log): BatchHooks {
  return {
    ...hooks,
    afterBatch(failure, operations) {
      hooks.afterBatch(failure, operations);
      if (failure !== null) log.error("storage.batch_failed", { code: failure.code, problem: failure.message });
    },
  };
}

interface Checkpoints {
  /** Some of these are as much in the log as an operation. */
  spansWritten(count: number): void;
  after(hooks: BatchHooks): BatchHooks;
}

function createCheckpoints(checkpoint: () => void): Checkpoints {
  let sinceLast = 0;
  return {
    spansWritten(count) {
      sinceLast += count / SPANS_OF_AN_OPERATION;
    },
    after: (hooks) => ({
      ...hooks,
      afterBatch(failure, operations) {
        hooks.afterBatch(failure, operations);
        sinceLast += operations;
        if (sinceLast < CHECKPOINT_EVERY) return;
        sinceLast = 0;
        checkpoint();
      },
    }),
  };
}
