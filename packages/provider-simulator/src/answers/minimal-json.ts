type Schema = Record<string, unknown>;

/** The schema asks for something no finite value of reasonable depth satisfies, or is not a schema. */
export class UnsatisfiableSchemaError extends Error {}

const maxDepth = 40;

const formats: Readonly<Record<string, string>> = {
  date: "2000-01-01",
  time: "00:00:00Z",
  "date-time": "2000-01-01T00:00:00Z",
  duration: "PT0S",
  email: "a@example.com",
  hostname: "example.com",
  ipv4: "127.0.0.1",
  ipv6: "::1",
  uri: "https://example.com",
  url: "https://example.com",
  uuid: "00000000-0000-4000-8000-000000000000",
};

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const numberAt = (schema: Schema, name: string): number | null =>
  typeof schema[name] === "number" ? schema[name] : null;

function resolve(root: Schema, pointer: string): Schema {
  let found: unknown = root;
  for (const step of pointer.replace(/^#\/?/, "").split("/").filter(Boolean)) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    found = isSchema(found) ? found[key] : undefined;
  }
  if (!isSchema(found)) throw new UnsatisfiableSchemaError(`${pointer} points nowhere`);
  return found;
}

function minimalString(schema: Schema): string {
  const format = schema["format"];
  const text = (typeof format === "string" ? formats[format] : undefined) ?? "";
  return text.padEnd(Math.min(numberAt(schema, "minLength") ?? 0, 10_000), "x");
}

function minimalNumber(schema: Schema, whole: boolean): number {
  const step = numberAt(schema, "multipleOf") ?? (whole ? 1 : 0);
  const above = numberAt(schema, "exclusiveMinimum");
  const below = numberAt(schema, "exclusiveMaximum");
  const least = numberAt(schema, "minimum") ?? (above === null ? null : above + (step || 0.5));
  const most = numberAt(schema, "maximum") ?? (below === null ? null : below - (step || 0.5));
  let value = least ?? (most !== null && most < 0 ? most : 0);
  if (least !== null && least < 0 && (most === null || most >= 0)) value = 0;
  if (step === 0) return value;
  const aligned = (least === null && value < 0 ? Math.floor : Math.ceil)(value / step) * step;
  return aligned === 0 ? 0 : aligned;
}

function minimalArray(schema: Schema, root: Schema, depth: number): unknown[] {
  const fixed = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"] : [];
  const length = Math.min(numberAt(schema, "minItems") ?? 0, 1000);
  const items = isSchema(schema["items"]) ? schema["items"] : {};
  return Array.from({ length }, (_, index) => {
    const item: unknown = fixed[index];
    return valueFor(isSchema(item) ? item : items, root, depth + 1);
  });
}

function minimalObject(schema: Schema, root: Schema, depth: number): Schema {
  const properties = isSchema(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const entries = required
    .filter((name): name is string => typeof name === "string")
    .map((name) => {
      const property = properties[name];
      return [name, valueFor(isSchema(property) ? property : {}, root, depth + 1)] as const;
    });
  return Object.fromEntries(entries);
}

function mergeAll(schema: Schema, parts: readonly unknown[], root: Schema): Schema {
  const { allOf: _, ...merged } = schema;
  for (const part of parts.filter(isSchema)) {
    const { $ref, ...rest } = part;
    const other = typeof $ref === "string" ? { ...resolve(root, $ref), ...rest } : part;
    const properties = {
      ...(isSchema(merged["properties"]) ? merged["properties"] : {}),
      ...(isSchema(other["properties"]) ? other["properties"] : {}),
    };
    const required = [merged["required"], other["required"]].flatMap((list): unknown[] =>
      Array.isArray(list) ? list : [],
    );
    Object.assign(merged, other, { properties, required: [...new Set(required)] });
  }
  return merged;
}

function firstPossible(options: readonly unknown[], base: Schema, root: Schema, depth: number) {
  let failure: unknown = new UnsatisfiableSchemaError("no alternative to choose from");
  for (const option of options.filter(isSchema)) {
    try {
      return valueFor({ ...base, ...option }, root, depth + 1);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function typeOf(schema: Schema): unknown {
  const type = schema["type"];
  if (Array.isArray(type)) return type.includes("null") ? "null" : type[0];
  if (type !== undefined) return type;
  if (schema["properties"] !== undefined || schema["required"] !== undefined) return "object";
  if (schema["items"] !== undefined || schema["prefixItems"] !== undefined) return "array";
  return "string";
}

function valueFor(schema: Schema, root: Schema, depth: number): unknown {
  if (depth > maxDepth) throw new UnsatisfiableSchemaError("the schema nests without end");
  if ("const" in schema) return schema["const"];
  if (Array.isArray(schema["enum"])) {
    if (schema["enum"].length === 0) throw new UnsatisfiableSchemaError("an enum without values");
    return schema["enum"][0];
  }
  const { $ref, anyOf, oneOf, ...base } = schema;
  if (typeof $ref === "string") return valueFor({ ...resolve(root, $ref), ...base }, root, depth + 1);
  if (Array.isArray(anyOf)) return firstPossible(anyOf, base, root, depth);
  if (Array.isArray(oneOf)) return firstPossible(oneOf, base, root, depth);
  if (Array.isArray(schema["allOf"])) {
    return valueFor(mergeAll(schema, schema["allOf"], root), root, depth + 1);
  }
  switch (typeOf(schema)) {
    case "object":
      return minimalObject(schema, root, depth);
    case "array":
      return minimalArray(schema, root, depth);
    case "integer":
      return minimalNumber(schema, true);
    case "number":
      return minimalNumber(schema, false);
    case "boolean":
      return false;
    case "null":
      return null;
    case "string":
      return minimalString(schema);
    default:
      throw new UnsatisfiableSchemaError(`${String(schema["type"])} is not a JSON type`);
  }
}

/**
 * A smallest value that the JSON Schema accepts: required properties only, shortest strings and arrays, the
 * first of several alternatives. `pattern`, `not` and `if` are not looked at. Throws
 * {@link UnsatisfiableSchemaError} for endless or broken schemas.
 */
export function minimalJson(schema: Record<string, unknown>): unknown {
  return valueFor(schema, schema, 0);
}
