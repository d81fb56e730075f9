import { describe, expect, it } from "vitest";
import { createCancelSource } from "../calls/cancel-source.ts";
import { type ConnectionLost, PushedAnswer } from "./pushed-answer.ts";

function connection(): { log: string[]; abort(): void; pause(): void; resume(): void } {
  const log: string[] = [];
  return {
    log,
    abort: () => void log.push("abort"),
    pause: () => void log.push("pause"),
    resume: () => void log.push("resume"),
  };
}

const failureOf = async (promise: Promise<unknown>): Promise<ConnectionLost> =>
  await promise.then(
    () => expect.fail("it did not fail"),
    (error: unknown) => error as ConnectionLost,
  );

const bytes = (length: number): Uint8Array => new Uint8Array(length);

describe("an answer that is pushed", () => {
  it("is pulled in order, whether the reader or the data comes first", async () => {
    const answer = new PushedAnswer(createCancelSource().signal);
    answer.sending(connection());
    answer.head(200, { "content-type": "text/plain", "x-many": ["a", "b"] });
    expect((await answer.begun).status).toBe(200);
    expect([answer.headers.get("content-type"), answer.headers.get("x-many"), answer.headers.get("none")]).toEqual([
      "text/plain",
      "a, b",
      null,
    ]);
    answer.data(Uint8Array.of(1));
    answer.data(Uint8Array.of(2));
    // What waits is given as one.
    expect(await answer.next()).toEqual(Uint8Array.of(1, 2));
    const waiting = answer.next();
    answer.data(Uint8Array.of(3));
    expect(await waiting).toEqual(Uint8Array.of(3));
    answer.end();
    expect([await answer.next(), await answer.next()]).toEqual([null, null]);
  });

  it("begins with the head behind interim ones", async () => {
    const answer = new PushedAnswer(createCancelSource().signal);
    answer.head(103, { link: "x" });
    answer.head(201, {});
    expect((await answer.begun).status).toBe(201);
  });

  it("makes the provider wait while 256 KiB wait for a reader, and no longer", async () => {
    const answer = new PushedAnswer(createCancelSource().signal);
    const link = connection();
    answer.sending(link);
    answer.head(200, {});
    answer.data(bytes(200 * 1024));
    expect(link.log).toEqual([]);
    answer.data(bytes(100 * 1024));
    answer.data(bytes(100 * 1024));
    expect(link.log).toEqual(["pause"]);
    await answer.next();
    expect(link.log).toEqual(["pause", "resume"]);
  });

  it("is lost with what has been read before, and says that it was sent", async () => {
    const answer = new PushedAnswer(createCancelSource().signal);
    answer.sending(connection());
    answer.head(200, {});
    answer.data(bytes(1));
    const cause = new Error("reset");
    answer.fail(cause);
    expect(await answer.next()).toEqual(bytes(1));
    expect(await failureOf(answer.next())).toMatchObject({ sent: true, interrupted: false, cause });
  });

  it("was not sent when it failed before a connection was its own", async () => {
    const answer = new PushedAnswer(createCancelSource().signal);
    answer.fail(new Error("refused"));
    expect(await failureOf(answer.begun)).toMatchObject({ sent: false, interrupted: false });
  });

  it("ends at once when its signal fires, and closes the connection", async () => {
    const source = createCancelSource();
    const link = connection();
    const answer = new PushedAnswer(source.signal);
    answer.sending(link);
    source.cancel("enough");
    expect(await failureOf(answer.begun)).toMatchObject({ sent: true, interrupted: true });
    expect(link.log).toEqual(["abort"]);
    answer.fail(new Error("closed by us"));
    answer.data(bytes(1));
    expect(await failureOf(answer.next())).toMatchObject({ interrupted: true });
  });

  it("that was given up while it waited for a connection is not sent when one is free", async () => {
    const source = createCancelSource();
    const link = connection();
    const answer = new PushedAnswer(source.signal);
    source.cancel("enough");
    expect(await failureOf(answer.begun)).toMatchObject({ sent: false, interrupted: true });
    answer.sending(link);
    expect(link.log).toEqual(["abort"]);
  });

  it("releases a reader who leaves, and leaves a complete connection alone", async () => {
    const left = new PushedAnswer(createCancelSource().signal);
    const link = connection();
    left.sending(link);
    left.head(200, {});
    const waiting = left.next();
    left.close();
    expect(await waiting).toBeNull();
    expect(link.log).toEqual(["abort"]);

    const complete = new PushedAnswer(createCancelSource().signal);
    const kept = connection();
    complete.sending(kept);
    complete.head(200, {});
    complete.end();
    complete.close();
    expect(kept.log).toEqual([]);
  });
});
