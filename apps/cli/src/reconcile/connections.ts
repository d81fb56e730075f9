import type { InvoiceProvider, ProviderConfig } from "@tenantry/composition";
import { type OurKeys, TenantryError } from "@tenantry/core";

/** Which connections of a configuration a provider's bill is about, by their name in `provider/model`. */
export interface Connections {
  /** Compared unless keys say otherwise. */
  readonly own: readonly string[];
  /** All that speak the provider's wire, compatible servers included: a key may name each of them. */
  readonly known: readonly string[];
}

/**
 * A connection with an address of its own may be another vendor's server, which this provider does not bill; the one that
 * has the provider's name is taken for the provider all the same, for it may be behind a proxy. That name is there even
 * when it is no longer configured: the ledger remembers.
 */
export function connectionsOf(
  providers: readonly Pick<ProviderConfig, "kind" | "name" | "baseUrl">[],
  provider: InvoiceProvider,
): Connections {
  const ofKind = providers.filter(({ kind }) => kind === provider);
  const isTaken = providers.some(({ kind, name }) => kind !== provider && name === provider);
  const vendors = ofKind.filter(({ baseUrl }) => baseUrl === null).map(({ name }) => name);
  const named = isTaken ? [] : [provider];
  return {
    own: [...new Set([...named, ...vendors])],
    known: [...new Set([...named, ...ofKind.map(({ name }) => name)])],
  };
}

/**
 * The keys of `--key`, each with its connection: `id`, or `id=connection`.
 *
 * @throws TenantryError `invalid_request` when a connection is not known.
 */
export function readKeys(given: readonly string[] | undefined, { own, known }: Connections): OurKeys {
  if (given === undefined) return null;
  return new Map(
    given.map((text) => {
      const [key = "", name = own[0] ?? ""] = text.split("=");
      if (known.includes(name)) return [key, name];
      throw TenantryError.invalidRequest(
        "--key",
        `"${name}" is no connection to this provider; there are ${known.join(", ")}`,
      );
    }),
  );
}
