import { describe, expect, it } from "vitest";
import { createSeededSecrets } from "../testing/seeded-secrets.ts";
import { adminKeyProblem, createKeySecret, isKeySecret, keyHint } from "./key-secret.ts";

describe("createKeySecret", () => {
  it("gives tnt_ and 43 characters of base62, another one each time", () => {
    const secrets = createSeededSecrets();
    const made = Array.from({ length: 1_000 }, () => createKeySecret(secrets));
    for (const secret of made) expect(secret).toMatch(/^tnt_[0-9A-Za-z]{43}$/);
    expect(new Set(made).size).toBe(1_000);
    expect(made.every(isKeySecret)).toBe(true);
  });

  it("favours no character: each comes from four byte values, and the other eight from none", () => {
    const counts = new Map<string, number>();
    for (let byte = 0; byte < 256; byte += 1) {
      let asked = 0;
      const random = (bytes: number): Uint8Array => {
        asked += 1;
        return new Uint8Array(bytes).fill(asked === 1 ? byte : 0);
      };
      const secret = createKeySecret({ random });
      expect(asked).toBe(byte < 248 ? 1 : 2);
      if (asked === 1) counts.set(secret.charAt(4), (counts.get(secret.charAt(4)) ?? 0) + 1);
    }
    expect(counts.size).toBe(62);
    expect(new Set(counts.values())).toEqual(new Set([4]));
  });

  it("asks for more when too many bytes had to go", () => {
    let asked = 0;
    const random = (bytes: number): Uint8Array => {
      asked += 1;
      return new Uint8Array(bytes).fill(asked < 3 ? 255 : 61);
    };
    expect(createKeySecret({ random })).toBe(`tnt_${"z".repeat(43)}`);
  });
});

it("shows no more of a secret than its first four characters", () => {
  expect(keyHint(`tnt_ab12${"x".repeat(39)}`)).toBe("tnt_ab12");
});

it("takes nothing else for one of our secrets", () => {
  const good = `tnt_${"a".repeat(43)}`;
  const wrong = ["", "tnt_", good.slice(1), good.slice(0, -1), `${good}a`, `${good}\n`, ` ${good}`, good.toUpperCase()];
  const foreign = [`sk-${"a".repeat(44)}`, `tnt_${"a".repeat(42)}-`, `tnt_${"a".repeat(42)}é`, `${good} ${good}`];
  for (const text of [...wrong, ...foreign]) expect([text, isKeySecret(text)]).toEqual([text, false]);
});

it("says what is wrong with an admin key, and nothing about a good one", () => {
  expect(adminKeyProblem("correct-horse-battery")).toBeNull();
  expect(adminKeyProblem(createKeySecret(createSeededSecrets()))).toBeNull();
  expect(adminKeyProblem("short")).toMatch(/at least 16/);
  expect(adminKeyProblem("x".repeat(513))).toMatch(/at most 512/);
  expect(adminKeyProblem("with spaces in between")).toMatch(/visible ASCII/);
  expect(adminKeyProblem("schlüssel-schlüssel")).toMatch(/visible ASCII/);
});
