import assert from "node:assert/strict";
import type { RelayRequest } from "@tenantry/core";
import { type Way, ways } from "../chat-model/observe.ts";
import { play, soleRequest } from "../chat-model/subject.ts";
import type { Rule } from "../contract.ts";
import { scenarios } from "../wire/scenario.ts";
import { arrived, refused } from "./observe.ts";
import { relayOptions, requestOf, unasked, type RelaySubject } from "./subject.ts";

type Body = Readonly<Record<string, unknown>>;

/** Spaces, spellings and members that a parser would not give back. */
const odd =
  String.raw`"x_tomorrow" : {"a":[1.0,2E0, -0,1e400 ],"\u0041":"\u00e9\/\ud83d\ude00 Zoë","b":null}` + ",\r\n\t";

/** A body with odd members and spaces around those a relay may change. */
function oddRequest(subject: RelaySubject, way: Way, some: Body = {}): RelayRequest {
  const request = way === "stream" ? unasked(subject) : requestOf(subject, way);
  const rest = JSON.stringify({ ...(JSON.parse(request.body) as Body), ...some }, null, 1).slice(1);
  return { ...request, body: ` {${odd}${rest} \n` };
}

/** The text without the members a relay may change and the commas between members. */
function unchangedText({ changed }: RelaySubject, text: string): string {
  const { outputLimit, usage, store, names } = changed;
  let rest = text;
  for (const name of ["model", outputLimit, usage, store, ...names]) {
    if (name !== null) rest = rest.replace(new RegExp(String.raw`"${name}"\s*:\s*(?:"[^"]*"|\{[^}]*\}|[\w.]+)`), "");
  }
  return rest.replaceAll(",", "").replace(/\s+(?=\}\s*$)/, "");
}

function sentBy(subject: RelaySubject): Body {
  const last = subject.server.requests.at(-1);
  assert(last !== undefined, "no request reached the server");
  return last.body as Body;
}

/** What is sent of a body. */
export const requestRules: readonly Rule<RelaySubject>[] = [
  {
    id: "Y11",
    sentence:
      "of the body only model, output limit, usage reporting, storing and names in the account change; all other text stays as it is",
    reason: "A number in another spelling or a lost field of tomorrow is another request than the caller's.",
    async check(subject) {
      play(subject, scenarios.ok);
      for (const way of ways) {
        const names = Object.fromEntries(subject.changed.names.map((name) => [name, "theirs"]));
        const request = oddRequest(subject, way, names);
        await arrived(subject.relay, request, relayOptions({ model: "model-of-the-route", maxOutputTokens: 17 }));
        const sent = subject.server.requests.at(-1)?.text ?? "";
        assert.equal(unchangedText(subject, sent), unchangedText(subject, request.body));
        assert(sent.includes(odd), "members nobody knows were rewritten");
      }
    },
  },
  {
    id: "Y12",
    sentence: "a body that says already what has to be sent is sent as it is",
    reason: "What needs no change must not be touched.",
    async check(subject) {
      play(subject, scenarios.ok);
      const { store } = subject.changed;
      for (const way of ways) {
        const body = `${requestOf(subject, way, store === null ? {} : { [store]: false }).body}\n`;
        await arrived(subject.relay, { ...requestOf(subject, way), body });
        assert.equal(subject.server.requests.at(-1)?.text, body);
      }
    },
  },
  {
    id: "Y13",
    sentence: "the model sent is the route's, also where the body names another or none",
    reason: "The route's price was held; an alias means nothing to the provider.",
    async check(subject) {
      play(subject, scenarios.ok);
      for (const model of ["default", null, undefined, "model-of-the-route"]) {
        for (const way of ways) {
          const options = relayOptions({ model: 'model-"of"-the-route' });
          await arrived(subject.relay, requestOf(subject, way, { model }), options);
          assert.equal(sentBy(subject)["model"], 'model-"of"-the-route');
        }
      }
    },
  },
  {
    id: "Y14",
    sentence: "the output limit sent is the lower of the caller's and the tier's",
    reason: "The hold is computed from it (R3).",
    async check(subject) {
      play(subject, scenarios.ok);
      const { outputLimit } = subject.changed;
      for (const [asked, tier, sent] of [
        [64, 17, 17],
        [17, 64, 17],
        [undefined, 17, 17],
        [null, 17, 17],
      ] as const) {
        for (const way of ways) {
          const request = requestOf(subject, way, { [outputLimit]: asked });
          await arrived(subject.relay, request, relayOptions({ maxOutputTokens: tier }));
          const last = subject.server.requests.at(-1);
          assert(last !== undefined);
          assert.equal(subject.dialect.readRequest(last).maxOutputTokens, sent);
        }
      }
    },
  },
  {
    id: "Y15",
    sentence: "a stream asks for usage, whatever the caller asked; a whole answer is not asked for more",
    reason: "Unasked, some vendors report none, and the bill would be an estimate.",
    async check(subject) {
      play(subject, scenarios.cachedTokens);
      const { reading } = await arrived(subject.relay, unasked(subject));
      const { asked } = soleRequest(subject);
      assert.equal(asked.asksForUsage, true);
      assert.equal(asked.streamed, true);
      assert.deepEqual(reading.usage?.tokens, scenarios.cachedTokens.answer.usage?.tokens);
      await arrived(subject.relay, requestOf(subject, "complete"));
      const { usage } = subject.changed;
      if (usage !== null) assert(!(usage in sentBy(subject)));
    },
  },
  {
    id: "Y16",
    sentence: "what the provider would keep in its account is not kept",
    reason: "All tenants share that account (R4).",
    async check(subject) {
      const { store } = subject.changed;
      if (store === null) return;
      play(subject, scenarios.ok);
      for (const asked of [true, undefined, null]) {
        await arrived(subject.relay, requestOf(subject, "complete", { [store]: asked }));
        assert.equal(sentBy(subject)[store], false);
      }
    },
  },
  {
    id: "Y44",
    sentence: "where that is left to the caller, it goes as they wrote it",
    reason: "The operator has said that this tenant may have its answers kept.",
    async check(subject) {
      const { store } = subject.changed;
      if (store === null) return;
      play(subject, scenarios.ok);
      for (const asked of [true, false, undefined]) {
        await arrived(subject.relay, requestOf(subject, "complete", { [store]: asked }), relayOptions({ store: true }));
        assert.equal(sentBy(subject)[store], asked);
      }
    },
  },
  {
    id: "Y45",
    sentence: "no two tenants share a name that means something in the provider's account, and one's stays the same",
    reason: "They would share a cache, and what the provider thinks of an end user (R4).",
    async check(subject) {
      play(subject, scenarios.ok);
      for (const member of subject.changed.names) {
        const sent = async (tenantId: string, name: string): Promise<unknown> => {
          const request = requestOf(subject, "complete", { [member]: name });
          await arrived(subject.relay, request, relayOptions({ tenantId }));
          return sentBy(subject)[member];
        };
        const first = await sent("tenant-1", "theirs");
        assert(typeof first === "string" && first.length > 0 && first.length <= 64, `${member} cannot be sent`);
        assert.equal(await sent("tenant-1", "theirs"), first);
        const others = [
          await sent("tenant-2", "theirs"),
          await sent("tenant-1", "other"),
          await sent("tenant-1t", "heirs"),
        ];
        assert.equal(new Set([first, ...others]).size, 4, `two tenants share a ${member}`);
        await refused(subject, requestOf(subject, "complete", { [member]: { not: "a name" } }).body, member);
      }
    },
  },
];
