import { type Html, markup } from "./markup.ts";

/** As much of a JSON schema as is shown. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
}

/** What values a schema takes, in words; other schemas are links. */
export function schemaWords(schema: JsonSchema): Html {
  const { $ref, items } = schema;
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf("/") + 1);
    return markup`<a href="#schema-${name}">${name}</a>`;
  }
  const either = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (either !== undefined)
    return markup`${either.map((one, index) => markup`${index === 0 ? "" : " or "}${schemaWords(one)}`)}`;
  if (schema.enum !== undefined) return markup`${schema.enum.map(String).join(", ")}`;
  if (schema.const !== undefined) return markup`${String(schema.const)}`;
  const types = [schema.type ?? "object"].flat();
  if (types.includes("array") && items !== undefined) return markup`list of ${schemaWords(items)}`;
  return markup`${types.join(" or ")}${schema.format === undefined ? "" : `, ${schema.format}`}`;
}

/** The fields of an object, those within it below it. */
export function schemaTable(schema: JsonSchema): Html {
  const rows = rowsOf(schema, "");
  const about = schema.description === undefined ? [] : [markup`<p>${schema.description}</p>`];
  if (rows.length === 0) return markup`${about}`;
  return markup`${about}
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">field</th>
            <th scope="col">of</th>
            <th scope="col">meaning</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`;
}

function rowsOf(schema: JsonSchema, prefix: string): readonly Html[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const isAlways = schema.required?.includes(name) ?? false;
    const row = markup`<tr>
      <th scope="row"><code>${prefix}${name}</code></th>
      <td class="kind">${schemaWords(field)}${isAlways ? "" : ", may be absent"}</td>
      <td>${field.description ?? ""}</td>
    </tr>`;
    const within = field.properties === undefined ? (field.items ?? {}) : field;
    return [row, ...rowsOf(within, `${prefix}${name}${within === field ? "." : "[]."}`)];
  });
}
