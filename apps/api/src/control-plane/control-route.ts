import type { HttpFailure } from "@tenantry/core";
import type { z } from "@hono/zod-openapi";
import type { Access, Caller, Reader } from "./caller.ts";
import type { ControlPlanePorts } from "./ports.ts";

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

/** What a route answers. */
export interface Answer {
  readonly status: 200 | 201;
  readonly headers?: Readonly<Record<string, string>>;
  /** Plain data, or text where `type` says what of. */
  readonly body: unknown;
  /** Default `application/json`. */
  readonly type?: string;
}

/** A request whose parts have been checked. */
export interface Request<Params, Query, Body, Who> {
  readonly caller: Who;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The header `accept`, "" without one. */
  readonly accept: string;
}

/** A good answer, for the document. */
export interface DocumentedAnswer {
  readonly status: 200 | 201;
  readonly description: string;
  readonly content: Readonly<Record<string, z.ZodType>>;
}

interface RouteText {
  readonly method: Method;
  /** With `{names}` for its parameters; the last may hold slashes. */
  readonly path: string;
  /** Unique; what generated clients call it. */
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly answer: DocumentedAnswer;
  /** Whether it changes nothing, though its method may. Default: what the method says. */
  readonly readsOnly?: boolean;
  /** Codes it may refuse with, beside those that every route has. */
  readonly refusals?: readonly number[];
}

/** A route of the control plane, whatever it takes. */
export interface ControlRoute extends RouteText {
  readonly access: Access;
  readonly params: z.ZodObject | null;
  readonly query: z.ZodObject | null;
  readonly body: z.ZodType | null;
  /** Whether it may come without a body. */
  readonly bodyOptional: boolean;
  serve(ports: ControlPlanePorts, request: Request<never, never, never, never>): Promise<Answer | HttpFailure>;
}

type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
type Who<Of extends Access> = Of extends "everybody" ? null : Of extends "key" | "telemetry" ? Caller : Reader;

interface RouteDefinition<
  Of extends Access,
  Params extends z.ZodObject | undefined,
  Query extends z.ZodObject | undefined,
  Body extends z.ZodType | undefined,
> extends RouteText {
  readonly access: Of;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly bodyOptional?: boolean;
  /** Rejects with a TenantryError for what it refuses. */
  serve(
    ports: ControlPlanePorts,
    request: Request<Output<Params>, Output<Query>, Output<Body>, Who<Of>>,
  ): Promise<Answer | HttpFailure>;
}

/** A route whose parts are typed by the schemas that check them. */
export function defineRoute<
  const Of extends Access,
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(definition: RouteDefinition<Of, Params, Query, Body>): ControlRoute {
  const { params, query, body, bodyOptional = false, serve, ...rest } = definition;
  return {
    ...rest,
    params: params ?? null,
    query: query ?? null,
    body: body ?? null,
    bodyOptional,
    serve: serve as ControlRoute["serve"],
  };
}

/** The good answer of most routes. */
export function jsonAnswer(status: 200 | 201, description: string, schema: z.ZodType): DocumentedAnswer {
  return { status, description, content: { "application/json": schema } };
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}
