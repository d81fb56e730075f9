import { readFile } from "node:fs/promises";
import { TenantryError } from "@tenantry/core";
import { expect, test } from "vitest";
import { type Env, readSettings } from "./read-settings.ts";

function issuesOf(env: Env): readonly string[] {
  try {
    readSettings(env);
    return [];
  } catch (error) {
    return TenantryError.from(error).issues.map(({ path }) => path);
  }
}

test("without an environment it is the loopback's port 8787", () => {
  expect(readSettings({})).toMatchObject({ host: "127.0.0.1", port: 8787, drainMs: 30_000 });
});

test("empty is absent", () => {
  expect(readSettings({ PORT: "", HOST: " ", TENANTRY_MAX_IN_FLIGHT: "" })).toEqual(readSettings({}));
});

test.each(["-1", "65536", "80.5", "0x50", "1e3", "eighty", "99999999999999999999"])(
  "PORT=%s is refused by name",
  (PORT) => {
    expect(issuesOf({ PORT })).toEqual(["PORT"]);
  },
);

test("every problem is told, not the first alone", () => {
  const env = { PORT: "x", HOST: "0.0.0.0", TENANTRY_DRAIN_SECONDS: "-1", TENANTRY_MAX_BODY_BYTES: "1" };
  expect(new Set(issuesOf(env))).toEqual(new Set(Object.keys(env)));
});

test.each(["0.0.0.0", "::", "10.0.0.1", "gateway.example"])(
  "%s can be reached from outside, so it needs an admin key",
  (HOST) => {
    expect(issuesOf({ HOST })).toEqual(["HOST"]);
    expect(readSettings({ HOST, TENANTRY_ADMIN_KEY: "an-admin-key-of-the-tests" }).host).toBe(HOST);
  },
);

test.each(["127.0.0.1", "127.8.8.8", "::1", "localhost"])("%s is the loopback", (HOST) => {
  expect(issuesOf({ HOST })).toEqual([]);
});

test.each(["0", "1", "86400"])("with answers kept for %s s keys are remembered for a day at least", (seconds) => {
  const { dataPlane } = readSettings({ TENANTRY_ANSWERS_KEPT_SECONDS: seconds });
  expect(dataPlane.answersKeptMs).toBe(Number(seconds) * 1000);
  expect(dataPlane.keysRememberedMs).toBe(86_400_000);
});

test("one tenant's share of places and of room for bodies is less than all, and one body fits in", () => {
  const { gate } = readSettings({});
  expect(gate.inFlightPerTenant).toBeLessThan(gate.inFlight / 2);
  expect(gate.bodyBytesPerTenant).toBeLessThan(gate.bodyBytes / 2);
  const tight = readSettings({ TENANTRY_MAX_BODY_BYTES: "5000000", TENANTRY_MAX_HELD_BODY_BYTES: "1000" }).gate;
  expect([tight.bodyBytes, tight.bodyBytesPerTenant]).toEqual([5_000_000, 5_000_000]);
});

test("the README's table has every variable with its default", async () => {
  const source = await readFile(new URL("read-settings.ts", import.meta.url), "utf8");
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const wholes = [...source.matchAll(/whole\("([A-Z_]+)", ([\d_]+)/g)];
  expect(wholes.length).toBeGreaterThan(6);
  for (const [, name, fallback] of wholes) {
    expect(readme).toMatch(new RegExp(`\\| \`${name}\` +\\| \`${fallback?.replaceAll("_", "")}\` `));
  }
  for (const [, name] of source.matchAll(/env\["([A-Z_]+)"\]/g)) expect(readme).toContain(`| \`${name}\``);
});
