import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { netraRoutes } from "../src/control-plane/routes/netra-routes.ts";
import { adminKey, openTestGateway, type TestGateway } from "./support/gateway.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const text = await readFile(join(repository, "docs/guides/ingest.md"), "utf8");
const written = "http://127.0.0.1:8787";

/** The examples, in order, and what the guide says that each prints. */
const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$(?:\n\n^```text\n([\s\S]*?)^```$)?/gm)].map((match) => ({
  code: match[1] ?? "",
  prints: match[2] ?? null,
}));

let gateway: TestGateway;
beforeAll(async () => {
  const yaml = await readFile(join(repository, "examples/meetingmind/tenantry.yaml"), "utf8");
  gateway = await openTestGateway({ yaml });
});
afterAll(async () => await gateway.close());

async function run(code: string): Promise<string> {
  const env = { ...process.env, TENANTRY_ADMIN_KEY: adminKey };
  return await new Promise((resolve, reject) => {
    execFile(
      "sh",
      ["-ec", code.replaceAll(written, gateway.url)],
      { env, timeout: 30_000 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${error.message}\n${stderr}`));
      },
    );
  });
}

describe("the guide to ingest", () => {
  test("its examples work, one after the other, and print what it says", async () => {
    const printed: string[] = [];
    for (const { code, prints } of blocks) {
      expect(code).toContain(written);
      const output = await run(code);
      printed.push(output);
      if (prints !== null) expect(output.trim()).toBe(prints.trim());
    }
    const [key = "", answer, , traces = ""] = printed;
    expect(JSON.parse(key)).toMatchObject({ scope: "ingest", key: expect.stringMatching(/^\w+/) as string });
    expect(answer).toBe("{}");
    expect(JSON.parse(traces)).toMatchObject({
      data: { data: [{ tenant_id: "techstart-inc", session_id: "standup", total_tokens: 1_500 }] },
    });
  });

  test("names every route that takes in spans, and every one of Netra's", () => {
    const taking = gateway.gateway.routes.filter(({ path }) => path.endsWith("/traces"));
    expect(taking).toHaveLength(2);
    const unnamed = [...taking, ...netraRoutes].filter(({ method, path }) => !text.includes(`${method} ${path}`));
    expect(unnamed).toEqual([]);
  });
});
