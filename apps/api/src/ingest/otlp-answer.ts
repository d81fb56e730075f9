import type { HttpFailure } from "@tenantry/core";

/** How an export and its answer are written: https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export type OtlpEncoding = "json" | "protobuf";

/** What was not taken of an export that was. */
export interface PartialSuccess {
  readonly rejectedSpans: number;
  readonly errorMessage: string;
}

const contentTypes: Readonly<Record<OtlpEncoding, string>> = {
  json: "application/json",
  protobuf: "application/x-protobuf",
};

/** The encoding of a body of this content type; null for another. */
export function encodingOf(contentType: string | undefined): OtlpEncoding | null {
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/json") return "json";
  return type === "application/x-protobuf" ? "protobuf" : null;
}

export interface OtlpBody {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** An `ExportTraceServiceResponse`: empty when everything was taken. */
export function exportAnswer(encoding: OtlpEncoding, partial: PartialSuccess | null): OtlpBody {
  const type = contentTypes[encoding];
  if (encoding === "json") {
    // 64-bit integers are texts in protobuf's JSON.
    const body =
      partial === null ? {} : { partialSuccess: { ...partial, rejectedSpans: String(partial.rejectedSpans) } };
    return { type, bytes: Buffer.from(JSON.stringify(body)) };
  }
  if (partial === null) return { type, bytes: new Uint8Array() };
  const inner = Buffer.concat([whole(1, partial.rejectedSpans), text(2, partial.errorMessage)]);
  return { type, bytes: Buffer.concat([tag(1, lengthDelimited), varint(inner.length), inner]) };
}

/** A `google.rpc.Status`, which is how a failed export is told. */
export function statusAnswer(encoding: OtlpEncoding, { status, message }: HttpFailure): OtlpBody {
  const type = contentTypes[encoding];
  const code = rpcCodes[status] ?? (status >= 500 ? 13 : 3);
  if (encoding === "json") return { type, bytes: Buffer.from(JSON.stringify({ code, message })) };
  return { type, bytes: Buffer.concat([whole(1, code), text(2, message)]) };
}

/** https://grpc.io/docs/guides/status-codes/ */
const rpcCodes: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  408: 4,
  413: 8,
  415: 3,
  429: 8,
  499: 1,
  503: 14,
  504: 4,
};

const lengthDelimited = 2;

function tag(field: number, wireType: number): Uint8Array {
  return varint(field * 8 + wireType);
}

function whole(field: number, value: number): Uint8Array {
  return value === 0 ? new Uint8Array() : Buffer.concat([tag(field, 0), varint(value)]);
}

function text(field: number, value: string): Uint8Array {
  const bytes = Buffer.from(value, "utf8");
  return bytes.length === 0 ? bytes : Buffer.concat([tag(field, lengthDelimited), varint(bytes.length), bytes]);
}

/** Whole numbers from 0 to 2⁵³. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.from([...bytes, rest]);
}
