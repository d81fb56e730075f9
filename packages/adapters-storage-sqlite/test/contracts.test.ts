import {
  type LimitStoreSubject,
  limitStoreContract,
  type Opened,
  spanStoreContract,
  type SpanStoreSubject,
  tenantDirectoryContract,
  type TenantDirectorySubject,
  testContract,
  type UsageStoreSubject,
  usageLedgerContract,
  usageReaderContract,
} from "@tenantry/testkit";
import { createBench, openAnyIntent } from "./open-subjects.ts";

async function openLimits(): Promise<Opened<LimitStoreSubject>> {
  const bench = createBench();
  const first = await bench.open();
  const subject: LimitStoreSubject = {
    store: first.limits,
    clock: bench.clock,
    another: async () => (await bench.open()).limits,
    flush: () => openAnyIntent(first),
    async crash() {
      await bench.kill(first);
      return (await bench.open()).limits;
    },
    breakWrites: bench.breakWrites,
    mendWrites: bench.mendWrites,
  };
  return { subject, close: bench.close };
}

async function openUsage(): Promise<Opened<UsageStoreSubject>> {
  const bench = createBench();
  const first = await bench.open();
  const subject: UsageStoreSubject = {
    ledger: first.ledger,
    reader: first.reader,
    flush: async () => {},
    another: () => bench.open(),
    async crash() {
      await bench.kill(first);
      return await bench.open();
    },
    async reopen() {
      await first.close();
      return await bench.open();
    },
    breakWrites: bench.breakWrites,
    mendWrites: bench.mendWrites,
  };
  return { subject, close: bench.close };
}

async function openSpans(): Promise<Opened<SpanStoreSubject>> {
  const bench = createBench();
  const first = await bench.open();
  const subject: SpanStoreSubject = {
    spans: first.spans,
    ledger: first.ledger,
    another: () => bench.open(),
    async crash() {
      await bench.kill(first);
      return await bench.open();
    },
    breakWrites: bench.breakWrites,
    mendWrites: bench.mendWrites,
  };
  return { subject, close: bench.close };
}

async function openTenants(): Promise<Opened<TenantDirectorySubject>> {
  const bench = createBench();
  const first = await bench.open();
  const subject: TenantDirectorySubject = {
    directory: first.tenants,
    another: async () => (await bench.open()).tenants,
    propagated: async () => {},
    async reopen() {
      await first.close();
      return (await bench.open()).tenants;
    },
  };
  return { subject, close: bench.close };
}

testContract(limitStoreContract, { name: "sqlite", open: openLimits });
testContract(usageLedgerContract, { name: "sqlite", open: openUsage });
testContract(usageReaderContract, { name: "sqlite", open: openUsage });
testContract(spanStoreContract, { name: "sqlite", open: openSpans });
testContract(tenantDirectoryContract, { name: "sqlite", open: openTenants });
