#!/usr/bin/env node
import { text } from "node:stream/consumers";
import { runCommand } from "./program.ts";

// A reader that goes away early (`| head`) is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
}

process.exitCode = await runCommand(process.argv.slice(2), {
  env: process.env,
  stdin: async () => await text(process.stdin),
  out: (chunk) => void process.stdout.write(chunk),
  err: (chunk) => void process.stderr.write(chunk),
  interactive: process.stderr.isTTY === true && process.env["CI"] === undefined,
  keyboard: process.stdin.isTTY === true,
  // Some terminals do not know their width and say 0.
  ...(process.stdout.isTTY === true && process.stdout.columns > 0 ? { width: process.stdout.columns } : {}),
});
