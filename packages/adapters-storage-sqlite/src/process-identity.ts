import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** Which process on which machine since which start. Fields are null where the platform does not tell. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from the machine's start to the process's, as text: field 22 of /proc/<pid>/stat (proc_pid_stat(5)). */
  readonly startedAt: string | null;
  /** New with every start of the machine (random(4)). */
  readonly bootId: string | null;
  readonly host: string;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startedAt: startOf("self"), bootId: bootId(), host: hostname() };
}

/**
 * True only when the process has certainly ended: it ran on this machine and the machine has been restarted since, or
 * no process has its number, or the one that has started at another time. A process of another host is never proven
 * dead, so hosts (and containers) that share a file need names of their own.
 */
export function isProvenDead(other: ProcessIdentity, own: ProcessIdentity): boolean {
  if (other.host !== own.host) return false;
  if (other.bootId !== null && own.bootId !== null && other.bootId !== own.bootId) return true;
  if (!isRunning(other.pid)) return true;
  const startedAt = startOf(other.pid);
  return startedAt !== null && other.startedAt !== null && startedAt !== other.startedAt;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM is a process of somebody else, alive.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function startOf(pid: number | "self"): string | null {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The second field is the program's name in brackets and may hold spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[19] ?? null;
}

function bootId(): string | null {
  return readText("/proc/sys/kernel/random/boot_id")?.trim() ?? null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
