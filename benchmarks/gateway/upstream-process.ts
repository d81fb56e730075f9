import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A provider on loopback that answers at once: a whole answer of 1 KB, or a stream of 50 pieces. A prompt that says
 * `pace=<n>` gets a stream of 20 pieces, n ms apart, as a model would write it.
 */
const facts = {
  id: "chatcmpl-bench",
  created: 1_790_000_000,
  model: "gpt-4o-mini-2024-07-18",
  system_fingerprint: "fp_bench",
};
const usage = { prompt_tokens: 900, completion_tokens: 50, total_tokens: 950 };
const whole = Buffer.from(
  JSON.stringify({
    ...facts,
    object: "chat.completion",
    choices: [
      { index: 0, message: { role: "assistant", content: "To see who is stuck. ".repeat(40) }, finish_reason: "stop" },
    ],
    usage,
  }),
);

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const body = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    if (!body.includes('"stream":true')) {
      response.writeHead(200, { "content-type": "application/json", "content-length": whole.byteLength });
      response.end(whole);
      return;
    }
    const pace = /pace=(\d+)/.exec(body.subarray(0, 400).toString("latin1"))?.[1];
    const frames = framesOf(pace === undefined ? 50 : 20, body.includes('"include_usage":true'));
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    if (pace === undefined) for (const frame of frames) response.write(frame);
    if (pace === undefined) response.end();
    else writeSlowly(response, frames, Number(pace));
  });
});
// Kept longer than any client here keeps them, so that none is closed under a request.
server.keepAliveTimeout = 120_000;
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));

function writeSlowly(response: ServerResponse, frames: readonly Buffer[], paceMs: number): void {
  let at = 0;
  const next = (): void => {
    const frame = frames[at];
    at += 1;
    if (frame === undefined || response.destroyed) {
      response.end();
      return;
    }
    response.write(frame);
    setTimeout(next, paceMs);
  };
  next();
}

const made = new Map<string, readonly Buffer[]>();

function framesOf(pieces: number, withUsage: boolean): readonly Buffer[] {
  const key = `${pieces}${withUsage}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const frame = (choices: readonly unknown[], reported: unknown = null): Buffer =>
    Buffer.from(
      `data: ${JSON.stringify({ ...facts, object: "chat.completion.chunk", choices, ...(withUsage ? { usage: reported } : {}) })}\n\n`,
    );
  const choice = (delta: unknown, finish_reason: string | null = null): unknown => ({ index: 0, delta, finish_reason });
  const frames = [
    ...Array.from({ length: pieces - 1 }, (_, index) =>
      frame([choice(index === 0 ? { role: "assistant", content: "To" } : { content: " see who is stuck" })]),
    ),
    frame([choice({}, "stop")]),
    ...(withUsage ? [frame([], usage)] : []),
    Buffer.from("data: [DONE]\n\n"),
  ];
  made.set(key, frames);
  return frames;
}
