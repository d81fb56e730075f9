import { expect, test } from "vitest";
import { greeting, type GreetingFacts } from "./greeting.ts";

const facts: GreetingFacts = {
  address: "http://127.0.0.1:8787",
  source: "tenantry.yaml",
  storePath: ".tenantry/tenantry.db",
  isSimulated: true,
  tenantIds: ["acme"],
  firstKeys: [{ tenantId: "acme", name: "Acme", secret: "tnt_secret" }],
  adminSecret: "tnt_admin",
};

test("says where it listens, shows each key, and who answers", () => {
  const text = greeting(facts);
  expect(text).toMatch(/^tenantry listens on http:\/\/127\.0\.0\.1:8787\n/);
  expect(text).toContain("simulated");
  expect(text).toContain("NETRA_OTLP_ENDPOINT=http://127.0.0.1:8787/telemetry\n");
  expect(text.match(/tnt_admin/g)).toHaveLength(1);
  expect(text).toMatch(/^ {2}curl -s http:\/\/127\.0\.0\.1:8787\/v1\/chat\/completions .*Bearer tnt_secret/m);
});

test("without fresh keys it says how to make one", () => {
  const text = greeting({ ...facts, firstKeys: [], adminSecret: null, isSimulated: false });
  expect(text).not.toContain("tnt_");
  expect(text).not.toContain("simulated");
  expect(text).toContain("keys create --tenant acme");
  expect(text).toContain("$TENANTRY_KEY");
});

test("a tenant's id cannot move the terminal's cursor", () => {
  const tenantId = "a\u001b[2Jb\n";
  const text = greeting({ ...facts, tenantIds: [tenantId], firstKeys: [{ tenantId, name: "", secret: "tnt_x" }] });
  expect(text).toContain("a?[2Jb?");
  expect(text).not.toContain("\u001b");
});
