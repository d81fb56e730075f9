import { type PlatformSpan, type PlatformTrace, TenantryError, type UsagePlatform } from "@tenantry/core";
import type { Opened } from "../contract.ts";
import {
  type CountedRequest,
  picoOf,
  type PlatformFault,
  sumCounted,
  type UsagePlatformSubject,
  within,
} from "../usage-platform/subject.ts";

const codes = {
  refuses: "upstream_error",
  fails: "upstream_error",
  unreadable: "upstream_error",
  redirects: "upstream_error",
  "breaks-off": "unavailable",
  hangs: "upstream_timeout",
  gone: "unavailable",
} as const;

/** A platform in memory, what it has counted, and how it fails. */
export interface MemoryPlatform {
  readonly requests: readonly CountedRequest[];
  /** Counts a question, and throws as the fault has it. */
  ask(): void;
}

/** The memory platform as a subject; `change` may replace parts of it. */
export function openMemoryPlatform(
  change: (platform: UsagePlatform, memory: MemoryPlatform) => Partial<UsagePlatform> = () => ({}),
): Opened<UsagePlatformSubject> {
  const requests: CountedRequest[] = [];
  let fault: PlatformFault | null = null;
  let questions = 0;
  const ask = (): void => {
    questions += 1;
    if (fault !== null) throw new TenantryError(codes[fault], `the platform ${fault}`);
  };
  const platform = createMemoryPlatform(requests, ask);
  const subject = {
    platform: { ...platform, ...change(platform, { requests, ask }) },
    key: "key-of-memory",
    count: (request: CountedRequest) => void requests.push(request),
    meet: (met: PlatformFault) => {
      fault = met;
    },
    questions: () => questions,
  };
  return { subject, close: () => {} };
}

function createMemoryPlatform(requests: readonly CountedRequest[], ask: () => void): UsagePlatform {
  return {
    name: "memory",
    async tenantUsage(tenantId, period) {
      ask();
      return sumCounted(within(period, requests).filter((request) => request.tenantId === tenantId));
    },
    async sessionUsage(sessionId, period) {
      ask();
      const sums = sumCounted(within(period, requests).filter((request) => request.sessionId === sessionId));
      return sums === null ? null : { ...sums, sessions: null };
    },
    async traces({ period, tenantId, userId, sessionId, cursor, limit = 50 }) {
      if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
        throw TenantryError.invalidRequest("limit", "must be from 1 to 100");
      }
      ask();
      const found = within(period, requests)
        .filter((request) => tenantId === undefined || request.tenantId === tenantId)
        .filter((request) => userId === undefined || request.userId === userId)
        .filter((request) => sessionId === undefined || request.sessionId === sessionId)
        .toSorted((a, b) => b.at - a.at);
      const from = Number(cursor ?? 0);
      const next = from + limit < found.length ? String(from + limit) : null;
      return { items: found.slice(from, from + limit).map(toTrace), next };
    },
    async spans(traceId) {
      ask();
      return { items: requests.filter((request) => request.traceId === traceId).map(toSpan), next: null };
    },
    async chart() {
      ask();
      return {};
    },
  };
}

function toTrace({ traceId, tenantId, userId, sessionId, at, tokens, cost }: CountedRequest): PlatformTrace {
  const counted = { tokens, costPico: picoOf(cost), startedAt: at, latencyMs: 1, hasError: false };
  return { id: traceId, name: "call", tenantId, userId, sessionId, models: ["gpt-4o-mini"], ...counted };
}

function toSpan({ traceId, at, tokens, cost }: CountedRequest): PlatformSpan {
  const counted = { tokens, costPico: picoOf(cost), startedAt: at, latencyMs: 1, hasError: false };
  return { id: `${traceId}-1`, traceId, parentId: null, name: "call", model: "gpt-4o-mini", ...counted };
}
