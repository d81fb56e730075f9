import { adminKey, type TestGateway } from "../support/gateway.ts";

/** What the control plane answered. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body where it is JSON, else an empty object. */
  readonly body: Body;
}

export type Body = Readonly<Record<string, unknown>> & {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly nextCursor: string | null;
};

/** A request of the control plane; with the admin key unless another is given. */
export async function ask(
  gateway: Pick<TestGateway, "url">,
  method: string,
  path: string,
  options: { readonly key?: string; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answered> {
  const { key = adminKey, body, headers = {} } = options;
  const answer = await fetch(gateway.url + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = /json/.test(answer.headers.get("content-type") ?? "");
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: (isJson && text !== "" ? JSON.parse(text) : {}) as Body,
  };
}

/** The fields at fault of a refusal. */
export function fieldsOf({ body }: Answered): readonly string[] {
  const errors = (body["errors"] ?? []) as readonly { readonly path: string }[];
  return errors.map(({ path }) => path);
}
