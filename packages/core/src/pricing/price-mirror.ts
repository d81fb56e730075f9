import { TenantryError } from "../errors/tenantry-error.ts";
import type { Log } from "../ports/log.port.ts";
import type { PriceEditions } from "../ports/price-editions.port.ts";
import type { PriceSource } from "../ports/price-source.port.ts";
import type { Instant } from "../time/instant.ts";
import type { PriceBook } from "./price-book.ts";
import type { LivePrices, PriceEdition, PriceLayers } from "./price-edition.ts";

/** What the book in force is. */
export interface PriceStatus {
  /** The book's own version, as in `PriceBook`. */
  readonly version: string;
  /** 0 is the book without any edition. */
  readonly edition: number;
  /** When its figures were recorded: the edition's import, else the catalogue's publication. */
  readonly recordedAt: Instant;
  readonly source: string;
  readonly isPinned: boolean;
  /** Why the edition that should be in force is not, or why nobody knows which that is; null when it is in force. */
  readonly problem: string | null;
}

/** The prices in force, in memory. */
export interface PriceMirror extends PriceSource {
  status(): PriceStatus;
  /**
   * Asks the store for what has changed since the last time; callers at one time share a question. Never rejects: the
   * last good book stays, and the next refresh tries again.
   */
  refresh(): Promise<void>;
}

/** A book laid over by the edition in force. Until the first `refresh` it is the book without any edition. */
export function createPriceMirror(layers: PriceLayers, editions: Pick<PriceEditions, "live">, log: Log): PriceMirror {
  let book: PriceBook = layers.bookWith(null);
  let edition: PriceEdition | null = null;
  let isPinned = false;
  // Why the edition told last is not in force, and why the store could not be asked: each ends by itself.
  let problem: string | null = null;
  let unread: string | null = null;
  let revision = -1;
  let reading: Promise<void> | null = null;

  /** What was thrown, as text. A store that is away for an hour is one line in the log and not seven thousand. */
  function told(thrown: unknown, before: string | null): string {
    const { code, message } = TenantryError.from(thrown);
    if (before !== message) log.error("prices.not_refreshed", { code, problem: message });
    return message;
  }

  function take(live: LivePrices): void {
    revision = live.revision;
    try {
      book = layers.bookWith(live.edition);
      edition = live.edition;
      isPinned = live.pinned !== null;
      problem = null;
      log.info("prices.in_force", { version: book.version });
    } catch (thrown) {
      problem = told(thrown, problem);
    }
  }

  async function read(): Promise<void> {
    try {
      const live = await editions.live(revision);
      unread = null;
      if (live !== null) take(live);
    } catch (thrown) {
      unread = told(thrown, unread);
    }
  }

  return {
    current: () => book,
    status: () => ({
      version: book.version,
      edition: edition?.version ?? 0,
      recordedAt: edition?.recordedAt ?? layers.recordedAt,
      source: edition?.source ?? layers.source,
      isPinned,
      problem: unread ?? problem,
    }),
    async refresh() {
      await (reading ??= read().finally(() => (reading = null)));
    },
  };
}
