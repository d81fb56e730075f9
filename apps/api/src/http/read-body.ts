import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { httpFailure, type HttpFailure } from "@tenantry/core";
import { shapeProblem, type ShapeLimits } from "./json-shape.ts";

export interface BodyLimits {
  /** Most bytes after decompression. */
  readonly bytes: number;
  readonly shape: ShapeLimits;
  /** Asked before so many more bytes are kept; a failure ends the reading. Default: nobody is asked. */
  readonly take?: (bytes: number) => HttpFailure | null;
  /** Longest until the whole body is there, ms. Default: as long as the server waits for a request. */
  readonly deadlineMs?: number;
}

type Unread =
  | { readonly kind: "failure"; readonly failure: HttpFailure }
  /** The caller left before the end. */
  | { readonly kind: "gone" };

export type BytesReading = { readonly kind: "bytes"; readonly bytes: Buffer } | Unread;

export type BodyReading = { readonly kind: "body"; readonly bytes: Buffer; readonly text: string } | Unread;

/** What of a body that is too long is still read, so that its sender sees the refusal and not a reset, bytes. */
const drainedBytes = 64_000_000;

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(),
  "x-gzip": () => createGunzip(),
  deflate: () => createInflate(),
  br: () => createBrotliDecompress(),
  zstd: () => createZstdDecompress(),
};

/**
 * The whole body as text. Too long, too late, badly compressed, not UTF-8 or shaped to exhaust a parser is a failure; whether it
 * is JSON is for its reader to say. Never rejects.
 */
export async function readBody(req: IncomingMessage, limits: BodyLimits): Promise<BodyReading> {
  const reading = await readBytes(req, limits);
  return reading.kind === "bytes" ? readText(reading.bytes, limits) : reading;
}

/** The whole body as it is once decompressed. Too long, too late or badly compressed is a failure. Never rejects. */
export async function readBytes(req: IncomingMessage, limits: Omit<BodyLimits, "shape">): Promise<BytesReading> {
  const encoding = (req.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding === "identity" || encoding === "") return await collect(req, req, limits);
  const decoder = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
  if (decoder === undefined) {
    return failed(
      415,
      "invalid_request",
      `content-encoding ${JSON.stringify(encoding)} is not known; send gzip, deflate, br, zstd or none`,
    );
  }
  const plain = decoder();
  req.pipe(plain);
  const reading = await collect(req, plain, limits);
  req.unpipe(plain);
  plain.destroy();
  req.resume();
  return reading;
}

function collect(
  req: IncomingMessage,
  source: IncomingMessage | Transform,
  limits: Omit<BodyLimits, "shape">,
): Promise<BytesReading> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let done = false;
    const { deadlineMs } = limits;
    const late = (): void => finish(failed(408, "invalid_request", "the body did not come in time"));
    const timer = deadlineMs === undefined ? undefined : setTimeout(late, deadlineMs);
    const finish = (reading: BytesReading): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      chunks.length = 0;
      resolve(reading);
    };
    source.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > limits.bytes) {
        finish(failed(413, "payload_too_large", `the body must not be longer than ${limits.bytes} bytes`));
        if (source === req && length > limits.bytes + drainedBytes) req.destroy();
        return;
      }
      if (done) return;
      const full = limits.take?.(chunk.length) ?? null;
      if (full === null) chunks.push(chunk);
      else finish({ kind: "failure", failure: full });
    });
    source.once("end", () => {
      if (done) return;
      const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length);
      finish({ kind: "bytes", bytes });
    });
    source.on("error", () => {
      finish(
        source === req
          ? { kind: "gone" }
          : failed(400, "invalid_request", "the body is not what its content-encoding says"),
      );
    });
    // A request also closes once it has been read, while its decoder still works.
    req.once("close", () => {
      if (!req.complete) finish({ kind: "gone" });
    });
    if (source !== req) req.on("error", () => finish({ kind: "gone" }));
  });
}

function readText(bytes: Buffer, limits: BodyLimits): BodyReading {
  if (!isUtf8(bytes)) return failed(400, "invalid_request", "the body is not UTF-8");
  const problem = shapeProblem(bytes, limits.shape);
  if (problem !== null) return failed(400, "invalid_request", `the body ${problem}`);
  return { kind: "body", bytes, text: bytes.toString("utf8") };
}

function failed(status: number, code: string, message: string): Unread {
  return { kind: "failure", failure: httpFailure(status, code, message) };
}
