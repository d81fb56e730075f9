import { randomUUID } from "node:crypto";
import { readJsonMembers, type Reading, type RelayReading, type RelayRequest } from "@tenantry/core";
import type { RelaySubject } from "../relay/subject.ts";
import type { Mutant } from "../contract.ts";
import { changeBody, changeCall, changeExchange, changeMessage, relayMutant, type RelayFault } from "./relay-mutant.ts";
import { readReference } from "./relay-reference.ts";
import { createReferenceSender } from "./relay-reference-http.ts";

function changeRead(change: (reading: RelayReading, request: RelayRequest) => RelayReading): RelayFault {
  return { wrap: (relay) => ({ ...relay, read: (request) => change(relay.read(request), request) }) };
}

function changeRequest(change: (request: RelayRequest) => RelayRequest): RelayFault {
  return {
    wrap: (relay) => ({
      ...relay,
      read: (request) => relay.read(change(request)),
      open: async (request, options) => await relay.open(change(request), options),
    }),
  };
}

/** As `JSON.parse` understands it: the last of two, whatever the rest. */
function leniently(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body));
  } catch {
    return body;
  }
}

/** The same for the innermost objects alone. */
function lenientlyInside(request: RelayRequest): RelayRequest {
  const body = request.body.replaceAll(/\{[^{}]*\}/g, (inner) => (saysTwice(inner) ? leniently(inner) : inner));
  return { ...request, body };
}

function saysTwice(text: string): boolean {
  try {
    readJsonMembers(text);
    return false;
  } catch {
    return true;
  }
}

export const relayRequestMutants: readonly Mutant<RelaySubject>[] = [
  relayMutant(
    "writes the body anew",
    ["Y11", "Y12"],
    changeBody((body) => body),
  ),
  relayMutant(
    "drops members nobody knows",
    ["Y11"],
    changeBody(({ x_tomorrow: _lost, ...body }) => body),
  ),
  relayMutant(
    "touches what needs no change",
    ["Y12"],
    changeMessage((message) => ({ ...message, body: message.body.trim() })),
  ),
  relayMutant(
    "sends the caller's model",
    ["Y13"],
    changeCall((request, options) => [
      request,
      { ...options, model: /"model":"([^"]+)"/.exec(request.body)?.[1] ?? options.model },
    ]),
  ),
  relayMutant("raises the limit to the tier's", ["Y14"], {
    wrap: (relay) => ({
      ...relay,
      open: async (request, options) =>
        await relay.open({ ...request, body: request.body.replace(/"limit":\d+/, '"limit":null') }, options),
    }),
  }),
  relayMutant(
    "leaves the caller's limit",
    ["Y14", "Y24"],
    changeCall((request, options) => [request, { ...options, maxOutputTokens: 2 ** 31 - 1 }]),
  ),
  relayMutant(
    "does not ask for usage",
    ["Y15"],
    changeBody(({ usage_in_stream: _dropped, ...body }) => body),
  ),
  relayMutant(
    "lets the provider keep answers",
    ["Y16"],
    changeBody((body) => ({ ...body, keep: true })),
  ),
  relayMutant(
    "never lets the provider keep answers",
    ["Y44"],
    changeCall((request, options) => [request, { ...options, store: false }]),
  ),
  relayMutant(
    "takes all tenants for one",
    ["Y45"],
    changeCall((request, options) => [request, { ...options, tenantId: "anybody" }]),
  ),
  relayMutant(
    "gives a name anew each time",
    ["Y45"],
    changeCall((request, options) => [request, { ...options, tenantId: `${options.tenantId}-${randomUUID()}` }]),
  ),
  relayMutant(
    "puts tenant and name together without a border",
    ["Y45"],
    changeCall((request, options) => {
      const [, name] = /"cache":"([^"]*)"/.exec(request.body) ?? [];
      if (name === undefined) return [request, options];
      const body = request.body.replace(`"cache":"${name}"`, `"cache":"${options.tenantId}${name}"`);
      return [
        { ...request, body },
        { ...options, tenantId: "" },
      ];
    }),
  ),
  relayMutant(
    "lets addresses name files of the account",
    ["Y43"],
    changeRequest((request) => ({
      ...request,
      body: request.body.replaceAll(/"(?:image_url|source)"/g, '"x_address"'),
    })),
  ),
  relayMutant(
    "takes streams for whole answers",
    ["Y17"],
    changeRead((reading) => ({ ...reading, streamed: false })),
  ),
  relayMutant(
    "does not see the caller's limit",
    ["Y17"],
    changeRead((reading) => ({ ...reading, size: { ...reading.size, maxOutputTokens: null } })),
  ),
  relayMutant(
    "counts characters for bytes",
    ["Y18"],
    changeRead((reading, { body }) => {
      const strange = (body.match(/[\u0080-\uffff]/g) ?? []).length;
      return strange === 0
        ? reading
        : { ...reading, size: { ...reading.size, inputTokens: reading.size.overheadTokens + strange } };
    }),
  ),
  relayMutant(
    "takes text for a file",
    ["Y18"],
    changeRead((reading) => ({
      ...reading,
      size: { ...reading.size, text: () => reading.size.text().replaceAll(/^data:.*$/gm, "") },
    })),
  ),
  relayMutant(
    "takes any field for harmless",
    ["Y18"],
    changeRead((reading) => ({ ...reading, size: { ...reading.size, unbounded: null } })),
  ),
  relayMutant(
    "takes the last of two",
    ["Y19"],
    changeRequest((request) => ({ ...request, body: leniently(request.body) })),
  ),
  relayMutant("takes the last of two further inside", ["Y19"], changeRequest(lenientlyInside)),
  relayMutant(
    "looks for objects of the account in the body's own fields alone",
    ["Y43"],
    changeRequest((request) => ({ ...request, body: request.body.replaceAll(/"(?=file_id"|container_id")/g, '"x_') })),
  ),
  relayMutant(
    "lets the body's own fields name objects of the account",
    ["Y43"],
    changeRequest((request) => ({ ...request, body: request.body.replace('"thread_id"', '"x_thread"') })),
  ),
  relayMutant("passes on what the caller's headers say", ["Y20"], {
    parts: () => ({
      read(request) {
        const { reading, write } = readReference(request);
        const { host: _host, "content-length": _length, ...theirs } = request.headers;
        return {
          reading,
          write(options) {
            const call = write(options);
            return { ...call, headers: { ...call.headers, ...theirs } };
          },
        };
      },
    }),
  }),
  relayMutant(
    "keeps the version to itself",
    ["Y21"],
    changeMessage(({ headers: { "reference-version": _version, ...headers }, ...message }) => ({
      ...message,
      headers,
    })),
  ),
  relayMutant(
    "has no id for an attempt",
    ["Y21", "Y25"],
    changeMessage(({ headers: { "x-client-request-id": _id, ...headers }, ...message }) => ({ ...message, headers })),
  ),
  relayMutant("doubles the slash", ["Y22"], {
    parts: (baseUrl, most) => {
      const send = createReferenceSender(baseUrl, most);
      return {
        send: async (message) =>
          await send({ ...message, path: baseUrl.endsWith("/") ? `/${message.path}` : message.path }),
      };
    },
  }),
  relayMutant("tries again by itself", ["Y23"], {
    wrap: (relay) => ({
      ...relay,
      async open(request, options) {
        return await relay.open(request, options).catch(async () => await relay.open(request, options));
      },
    }),
  }),
  relayMutant("sends what it sent the first time", ["Y24"], {
    parts: (baseUrl, most) => {
      const send = createReferenceSender(baseUrl, most);
      let first: string | null = null;
      return { send: async (message) => await send({ ...message, body: (first ??= message.body) }) };
    },
  }),
  relayMutant("has one reading for all", ["Y25"], sharingReadings()),
  relayMutant("opens as many connections as it likes", ["Y26"], {
    parts: (baseUrl) => ({ send: createReferenceSender(baseUrl, 1000) }),
  }),
  relayMutant("follows redirects", ["Y27"], {
    parts: (baseUrl, most) => {
      const send = createReferenceSender(baseUrl, most);
      return {
        async send(message) {
          const answer = await send(message);
          const location = answer.headers.get("location");
          return location === null ? answer : await createReferenceSender(location, most)(message);
        },
      };
    },
  }),
];

/** The first answer's reading is given for every other one. */
function sharingReadings(): RelayFault {
  let shared: Reading | null = null;
  return changeExchange(({ events, reading }) => ({ events, reading: (shared ??= reading) }));
}
