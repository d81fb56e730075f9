import type { Terminal } from "../context.ts";

export interface Progress {
  stop(): void;
}

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** A moving sign that something is being done, with the seconds it takes; only where a person watches. */
export function startProgress(terminal: Terminal, label: string): Progress {
  if (!terminal.interactive) return { stop: () => {} };
  const startedMs = performance.now();
  let frame = 0;
  const draw = (): void => {
    frame = (frame + 1) % frames.length;
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    terminal.err(`\r${frames[frame] ?? ""} ${label} ${seconds} s`);
  };
  const timer = setInterval(draw, 100);
  return {
    stop() {
      if (timer.hasRef()) terminal.err("\r\u001b[K");
      timer.unref();
      clearInterval(timer);
    },
  };
}
