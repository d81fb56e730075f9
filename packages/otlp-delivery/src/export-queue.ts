/** Something that waits for its export: a span, or the metrics of an interval. */
export interface Exportable {
  /** What it takes in memory, about. */
  readonly bytes: number;
}

/** First in, first out, bounded in items and in bytes. */
export interface ExportQueue<Item extends Exportable> {
  /** False when there is no room. */
  add(item: Item): boolean;
  /** The oldest: at most `maxItems`, and fewer when they would exceed `maxBytes`. Leaves them in. */
  peek(maxItems: number, maxBytes: number): readonly Item[];
  /** Removes the oldest `count`. */
  remove(count: number): void;
  size(): number;
}

export function createExportQueue<Item extends Exportable>(maxItems: number, maxBytes: number): ExportQueue<Item> {
  let items: Item[] = [];
  let bytesQueued = 0;
  return {
    add: (item) => {
      if (items.length >= maxItems || bytesQueued + item.bytes > maxBytes) return false;
      items.push(item);
      bytesQueued += item.bytes;
      return true;
    },
    peek: (most, mostBytes) => {
      const taken: Item[] = [];
      let total = 0;
      for (const item of items) {
        total += item.bytes;
        if (taken.length === most || (taken.length > 0 && total > mostBytes)) break;
        taken.push(item);
      }
      return taken;
    },
    remove: (count) => {
      for (const { bytes } of items.slice(0, count)) bytesQueued -= bytes;
      items = items.slice(count);
    },
    size: () => items.length,
  };
}
