import type { IdSource } from "@tenantry/core";
import { createSequenceIds } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import type { IdSourceSubject } from "../id-source.contract.ts";
import { createSeededRandom } from "../seeded-random.ts";

function mutant(name: string, kills: readonly string[], make: (stream: number) => IdSource): Mutant<IdSourceSubject> {
  let streams = 0;
  const next = (): IdSource => {
    streams += 1;
    return make(streams);
  };
  return { name, kills, open: () => ({ subject: { ids: next(), another: next }, close: () => {} }) };
}

/** Changes every id on its way out. */
function rewrites(change: (id: string) => string): (stream: number) => IdSource {
  return (stream) => {
    const ids = createSequenceIds({ stream });
    return { next: (prefix) => change(ids.next(prefix)) };
  };
}

/** Id sources that break the contract. */
export const idSourceMutants: readonly Mutant<IdSourceSubject>[] = [
  mutant(
    "writes capitals",
    ["I1"],
    rewrites((id) => id.toUpperCase()),
  ),
  mutant(
    "gives short ids",
    ["I1"],
    rewrites((id) => `${id.slice(0, 6)}${id.slice(-8)}`),
  ),
  mutant(
    "uses one prefix for everything",
    ["I1"],
    rewrites((id) => id.replace(/^[a-z]+/, "id")),
  ),
  mutant("gives ids in no order", ["I2"], (stream) => {
    const ids = createSequenceIds({ stream });
    const random = createSeededRandom(stream);
    return { next: (prefix) => ids.next(prefix).replace("_0", `_${random.int(1, 9)}`) };
  }),
  mutant("counts without padding", ["I2"], (stream) => {
    let count = 0;
    return {
      next(prefix) {
        count += 1;
        return `${prefix}_${stream}${"x".repeat(26)}${count}`;
      },
    };
  }),
  mutant("gives the same id twice within a moment", ["I2", "I3"], (stream) => {
    const ids = createSequenceIds({ stream });
    let calls = 0;
    let last = "";
    return {
      next(prefix) {
        calls += 1;
        if (calls % 2 === 1 || !last.startsWith(prefix)) last = ids.next(prefix);
        return last;
      },
    };
  }),
  mutant("counts the same in every process", ["I3"], () => createSequenceIds()),
];
