import { expect, test } from "vitest";
import { createBatchedLines } from "./batched-lines.ts";

const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test("the lines of a turn are one write, in order", async () => {
  const written: string[] = [];
  const lines = createBatchedLines((text) => void written.push(text));
  for (const line of ["a\n", "b\n", "c\n"]) lines.add(line);
  expect(written).toEqual([]);
  await turn();
  lines.add("d\n");
  await turn();
  expect(written).toEqual(["a\nb\nc\n", "d\n"]);
});

test("what is too much for a turn is dropped and counted", async () => {
  const written: string[] = [];
  const lines = createBatchedLines((text) => void written.push(text), 10);
  for (let index = 0; index < 5; index += 1) lines.add("12345678\n");
  await turn();
  expect(written).toEqual(['12345678\n{"level":"warn","event":"log-lines-dropped","count":4}\n']);
});

test("what has been gathered can be written at once, and is not written again", async () => {
  const written: string[] = [];
  const lines = createBatchedLines((text) => void written.push(text));
  lines.add("last\n");
  lines.flush();
  await turn();
  expect(written).toEqual(["last\n"]);
});
