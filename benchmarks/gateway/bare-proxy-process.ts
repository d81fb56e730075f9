import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool } from "undici";

/** What a gateway on node:http and undici costs before it does anything: bytes in, bytes out, nothing read. */
const pool = new Pool(process.env["UPSTREAM"] ?? "", { connections: 512, keepAliveTimeout: 30_000 });
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const { "content-type": contentType = "", authorization = "" } = request.headers;
    const headers = { "content-type": contentType, authorization };
    pool.dispatch(
      { method: "POST", path: request.url ?? "/", headers, body: Buffer.concat(parts) },
      {
        onRequestStart: (connection) =>
          response.once("close", () => response.writableFinished || connection.abort(new Error("left"))),
        onResponseStart: (_connection, status, answered) => {
          const { connection: _hop, "keep-alive": _kept, "transfer-encoding": _framing, ...rest } = answered;
          response.writeHead(status, rest);
        },
        onResponseData: (connection, chunk) => {
          if (response.write(chunk)) return;
          connection.pause();
          response.once("drain", () => connection.resume());
        },
        onResponseEnd: () => response.end(),
        onResponseError: () => response.destroy(),
      },
    );
  });
});
server.keepAliveTimeout = 120_000;
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
