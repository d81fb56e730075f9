import { Server, type AddressInfo } from "node:net";

/** Loaded before a server that would listen on every address of the machine: it listens on loopback, on a free port, and says which. */
const listen = Server.prototype.listen;
Server.prototype.listen = function (this: Server, ...given: unknown[]): Server {
  const listener = given.findLast((argument) => typeof argument === "function") as (() => void) | undefined;
  this.once("listening", () => console.log(`listening on http://127.0.0.1:${(this.address() as AddressInfo).port}`));
  return Reflect.apply(listen, this, [0, "127.0.0.1", listener]);
} as typeof listen;
