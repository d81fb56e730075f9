import type { ProviderConfig } from "@tenantry/composition";
import { expect, it } from "vitest";
import { connectionsOf, readKeys } from "../src/reconcile/connections.ts";

const connection = (
  kind: "openai" | "anthropic",
  name: string,
  baseUrl: string | null = null,
): Pick<ProviderConfig, "kind" | "name" | "baseUrl"> => ({ kind, name, baseUrl });

it("a provider's bill is about its own connections, not about compatible servers of others", () => {
  const providers = [
    connection("openai", "openai", "https://proxy.example/v1"),
    connection("openai", "openai-eu"),
    connection("openai", "local", "http://127.0.0.1:11434/v1"),
    connection("anthropic", "anthropic"),
  ];
  expect(connectionsOf(providers, "openai")).toEqual({
    own: ["openai", "openai-eu"],
    known: ["openai", "openai-eu", "local"],
  });
});

it("a provider's name stands for it when nothing is connected any more, but not when another has taken the name", () => {
  expect(connectionsOf([], "anthropic").own).toEqual(["anthropic"]);
  expect(connectionsOf([connection("anthropic", "claude")], "anthropic").own).toEqual(["anthropic", "claude"]);
  expect(connectionsOf([connection("openai", "anthropic")], "anthropic")).toEqual({ own: [], known: [] });
});

it("a key belongs to the first connection unless it names another", () => {
  const connections = { own: ["openai", "openai-eu"], known: ["openai", "openai-eu", "local"] };
  expect(readKeys(["key_a", "key_b=local"], connections)).toEqual(
    new Map([
      ["key_a", "openai"],
      ["key_b", "local"],
    ]),
  );
  expect(readKeys(undefined, connections)).toBeNull();
  expect(() => readKeys(["key_c=elsewhere"], connections)).toThrow(/"elsewhere" is no connection.*openai-eu, local/);
});
