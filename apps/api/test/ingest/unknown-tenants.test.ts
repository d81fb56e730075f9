import { unattributedTenantId } from "@tenantry/core";
import { expect, onTestFinished, test } from "vitest";
import { bookedOf, type IngestGateway, openIngestGateway, sendSpans } from "./installation.ts";
import { appSpan, costOfOne, llmSpan, newTraceId } from "./spans.ts";

async function open(policy: string): Promise<IngestGateway> {
  const gateway = await openIngestGateway(policy === "" ? "" : `ingest: { unknownTenant: ${policy} }`);
  onTestFinished(async () => await gateway.close());
  return gateway;
}

const twoCalls = () => [llmSpan({ tenantId: "newcomer" }), llmSpan({ tenantId: "acme" })];

test.each(["", "quarantine"])("%j: what an unknown tenant cost is nobody's and in every sum", async (policy) => {
  const gateway = await open(policy);
  expect((await sendSpans(gateway, twoCalls())).body).toEqual({});
  expect(await bookedOf(gateway, unattributedTenantId)).toMatchObject({ calls: 1, costPico: costOfOne });
  expect(await bookedOf(gateway, "acme")).toMatchObject({ calls: 1, costPico: costOfOne });
  expect(await bookedOf(gateway)).toMatchObject({ calls: 2, costPico: 2n * costOfOne });
  expect(await gateway.app.tenants.find("newcomer")).toBeNull();
});

test("reject: spans of an unknown tenant are refused with the reason, the others are taken", async () => {
  const gateway = await open("reject");
  const { status, body } = await sendSpans(gateway, twoCalls());
  expect([status, body.partialSuccess]).toEqual([
    200,
    { rejectedSpans: "1", errorMessage: "1 × names a tenant that does not exist" },
  ]);
  expect(await bookedOf(gateway)).toMatchObject({ calls: 1 });
});

test("create: the tenant is made with the tier, and its calls are its own from the first", async () => {
  const gateway = await open("{ create: open }");
  await Promise.all([sendSpans(gateway, twoCalls()), sendSpans(gateway, twoCalls())]);
  expect(await gateway.app.tenants.find("newcomer")).toMatchObject({ tier: "open", status: "active" });
  expect(await bookedOf(gateway, "newcomer")).toMatchObject({ calls: 2, costPico: 2n * costOfOne });
});

test("what nobody claims is under nobody, until an ancestor comes that says whose it is", async () => {
  const gateway = await open("");
  const traceId = newTraceId();
  const root = appSpan(traceId, "acme");
  const call = llmSpan({ tenantId: null, traceId, parentSpanId: root.spanId });
  await sendSpans(gateway, [call]);
  expect(await bookedOf(gateway, unattributedTenantId)).toMatchObject({ calls: 1 });
  await sendSpans(gateway, [root]);
  expect(await bookedOf(gateway, unattributedTenantId)).toMatchObject({ calls: 0 });
  expect(await bookedOf(gateway, "acme")).toMatchObject({ calls: 1, costPico: costOfOne });
});

test("the id that stands for nobody cannot be claimed to make a tenant of it", async () => {
  const gateway = await open("{ create: open }");
  await sendSpans(gateway, [llmSpan({ tenantId: unattributedTenantId })]);
  expect(await gateway.app.tenants.find(unattributedTenantId)).toBeNull();
  expect(await bookedOf(gateway, unattributedTenantId)).toMatchObject({ calls: 1 });
});
