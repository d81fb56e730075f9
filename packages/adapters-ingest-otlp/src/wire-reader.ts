/** Bytes that are no protobuf message. */
export class WireError extends Error {
  override readonly name = "WireError";
  /** Where, from the start of the body. */
  readonly offset: number;

  constructor(offset: number) {
    super(`malformed protobuf at byte ${offset}`);
    this.offset = offset;
  }
}

/** How a field is written, in the low three bits of its tag. https://protobuf.dev/programming-guides/encoding/ */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Where a nested message or text lies. */
export interface Extent {
  start: number;
  end: number;
}

const twoTo32 = 2 ** 32;

/**
 * Reads protobuf's wire format front to back, without a copy. It never looks behind `end`, which callers narrow to the
 * message they are in, and skipping costs one step a field however large or deep it is. Throws WireError.
 */
export class WireReader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  position = 0;
  end: number;

  constructor(body: Uint8Array) {
    this.#bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.#view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    this.end = body.byteLength;
  }

  /** Whether the message has another field. */
  hasMore(): boolean {
    return this.position < this.end;
  }

  /** The next field: its number times 8, plus how it is written. */
  tag(): number {
    const start = this.position;
    const tag = this.varint();
    if (tag < 8 || tag >= twoTo32) throw new WireError(start);
    return tag;
  }

  /** A non-negative whole number, exact up to 2⁵³. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new WireError(this.position);
  }

  /** A signed 64-bit number, exact within ±2⁵³ and else the nearest there is. */
  int64(): number {
    let low = 0;
    let high = 0;
    for (let count = 0; count < 10; count++) {
      const byte = this.#byte();
      const bits = byte & 0x7f;
      if (count < 4) low |= bits << (7 * count);
      else if (count === 4) {
        low |= bits << 28;
        high |= bits >> 4;
      } else if (count < 9) high |= bits << (7 * count - 32);
      else high |= bits << 31;
      if (byte < 0x80) return high * twoTo32 + (low >>> 0);
    }
    throw new WireError(this.position);
  }

  double(): number {
    const at = this.#take(8);
    return this.#view.getFloat64(at, true);
  }

  /** Whole ms of a time in unsigned 64-bit nanoseconds, cut. */
  nanosecondsAsMs(): number {
    const at = this.#take(8);
    const low = this.#view.getUint32(at, true);
    const high = this.#view.getUint32(at + 4, true);
    // 2³² ns are 4294 ms and 967 296 ns; every step stays below 2⁵³.
    return high * 4294 + Math.floor((high * 967_296 + low) / 1e6);
  }

  /** Steps over a nested message, text or bytes, and says where it lies. */
  extent(): Extent {
    const length = this.varint();
    const start = this.#take(length);
    return { start, end: this.position };
  }

  skip(tag: number): void {
    switch (tag & 7) {
      case wire.varint:
        this.varint();
        return;
      case wire.fixed64:
        this.#take(8);
        return;
      case wire.bytes:
        this.#take(this.varint());
        return;
      case wire.fixed32:
        this.#take(4);
        return;
      default:
        // Groups, which OTLP never had.
        throw new WireError(this.position);
    }
  }

  /** Runs `read` within a nested message, then goes on behind it. */
  within({ start, end }: Extent, read: () => void): void {
    const outerEnd = this.end;
    const next = this.position;
    this.position = start;
    this.end = end;
    try {
      read();
    } finally {
      this.end = outerEnd;
      this.position = next;
    }
  }

  text({ start, end }: Extent): string {
    return this.#bytes.toString("utf8", start, end);
  }

  /** A text that is compared with ASCII only. */
  asciiText({ start, end }: Extent): string {
    return this.#bytes.toString("latin1", start, end);
  }

  hex({ start, end }: Extent): string {
    return this.#bytes.toString("hex", start, end);
  }

  #byte(): number {
    if (this.position >= this.end) throw new WireError(this.position);
    return this.#bytes[this.position++] as number;
  }

  #take(length: number): number {
    const start = this.position;
    if (length > this.end - start) throw new WireError(start);
    this.position = start + length;
    return start;
  }
}
