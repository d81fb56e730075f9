/** A hand-written protobuf message: tests need ones that no serializer makes. */
export function message(...fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}

export function bytesField(field: number, content: Uint8Array | string): Uint8Array {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

export function varintField(field: number, value: number | bigint): Uint8Array {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

export function fixed64Field(field: number, value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return Buffer.concat([varint(field * 8 + 1), bytes]);
}

/** As protobuf writes it: 64 bits, seven in each byte, the lowest first. */
export function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

export function textAttribute(key: string, value: string): Uint8Array {
  return attribute(key, bytesField(1, value));
}

/** With an `AnyValue` as it stands. */
export function attribute(key: string, anyValue: Uint8Array): Uint8Array {
  return bytesField(9, message(bytesField(1, key), bytesField(2, anyValue)));
}

export const traceIdBytes: Uint8Array = Buffer.from("0123456789abcdef0123456789abcdef", "hex");
export const spanIdBytes: Uint8Array = Buffer.from("0123456789abcdef", "hex");

/** The fields of a good span, then those given. */
export function spanBytes(...fields: readonly Uint8Array[]): Uint8Array {
  return message(
    bytesField(1, traceIdBytes),
    bytesField(2, spanIdBytes),
    bytesField(5, "chat"),
    varintField(6, 3),
    fixed64Field(7, 1_795_000_000_000_000_000n),
    fixed64Field(8, 1_795_000_001_000_000_000n),
    ...fields,
  );
}

/** An export request with these spans in one scope. */
export function requestBytes(...spans: readonly Uint8Array[]): Uint8Array {
  return bytesField(1, bytesField(2, message(...spans.map((span) => bytesField(2, span)))));
}
