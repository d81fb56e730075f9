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

const twoTo32 = 2 ** 32;

/**
 * Reads protobuf's wire format front to back, without a copy and without an object for what it passes. It never looks
 * behind `end`, which `enter` narrows to a nested message, and skipping costs one step a field however large or deep
 * it is. Every method throws WireError where the bytes end too early.
 */
export class WireReader {
  readonly bytes: Buffer;
  readonly #view: DataView;
  position = 0;
  end: number;

  constructor(body: Uint8Array) {
    this.bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
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
    const { bytes } = this;
    let at = this.position;
    const { end } = this;
    if (at < end && (bytes[at] as number) < 0x80) {
      this.position = at + 1;
      return bytes[at] as number;
    }
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10 && at < end; count++) {
      const byte = bytes[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.position = at;
        return value;
      }
      scale *= 128;
    }
    throw new WireError(at);
  }

  /** A signed 64-bit number, exact within ±2⁵³ and else the nearest there is. */
  int64(): number {
    let low = 0;
    let high = 0;
    let at = this.position;
    for (let count = 0; count < 10 && at < this.end; count++) {
      const byte = this.bytes[at++] as number;
      const bits = byte & 0x7f;
      if (count < 4) low |= bits << (7 * count);
      else if (count === 4) {
        low |= bits << 28;
        high |= bits >> 4;
      } else if (count < 9) high |= bits << (7 * count - 32);
      else high |= bits << 31;
      if (byte < 0x80) {
        this.position = at;
        return high * twoTo32 + (low >>> 0);
      }
    }
    throw new WireError(at);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** Whole ms of a time in unsigned 64-bit nanoseconds, cut. */
  nanosecondsAsMs(): number {
    const at = this.#take(8);
    const low = this.#view.getUint32(at, true);
    const high = this.#view.getUint32(at + 4, true);
    // 2³² ns are 4294 ms and 967 296 ns; every step stays below 2⁵³.
    return high * 4294 + Math.floor((high * 967_296 + low) / 1e6);
  }

  /** Steps over a nested message, text or bytes that end at `position` then, and says where they start. */
  pass(): number {
    return this.#take(this.varint());
  }

  /** Goes into the nested message that comes next. Answers what `leave` needs to go on behind it. */
  enter(): number {
    const outer = this.end;
    const start = this.pass();
    this.end = this.position;
    this.position = start;
    return outer;
  }

  leave(outer: number): void {
    this.position = this.end;
    this.end = outer;
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
        this.pass();
        return;
      case wire.fixed32:
        this.#take(4);
        return;
      default:
        // Groups, which OTLP never had.
        throw new WireError(this.position);
    }
  }

  /** The text that comes next, of which at most `maxBytes` are looked at. */
  text(maxBytes: number): string {
    const start = this.pass();
    return this.bytes.toString("utf8", start, Math.min(this.position, start + maxBytes));
  }

  /** The bytes that come next in hex, or nothing where they are not `length`. */
  hex(length: number): string {
    const start = this.pass();
    return this.position - start === length ? this.bytes.toString("hex", start, this.position) : "";
  }

  #take(length: number): number {
    const start = this.position;
    if (length > this.end - start) throw new WireError(start);
    this.position = start + length;
    return start;
  }
}
