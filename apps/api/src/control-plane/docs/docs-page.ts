import type { OpenApiDocument } from "../document/openapi-document.ts";
import { problemCodes } from "../problem.ts";
import { docsStyle } from "./docs-style.ts";
import { type Html, markup } from "./markup.ts";
import { type JsonSchema, schemaTable, schemaWords } from "./schema-table.ts";

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: JsonSchema;
}
type Content = Readonly<Record<string, { readonly schema?: JsonSchema }>>;
interface Operation {
  readonly operationId?: string;
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly externalDocs?: { readonly url: string; readonly description?: string };
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses?: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}
interface Entry {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** The document as a page for people: no script, nothing loaded from elsewhere. */
export function docsPage(document: OpenApiDocument): string {
  const entries = entriesOf(document);
  const groups = (document.tags ?? []).map(({ name, description = "" }) => ({
    name,
    description,
    entries: entries.filter(({ operation }) => operation.tags?.includes(name)),
  }));
  const schemas = Object.entries((document.components?.schemas ?? {}) as Readonly<Record<string, JsonSchema>>);
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${document.info.title}: HTTP API</title>
        <style>${{ html: docsStyle }}</style>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the routes</a>
        <div class="layout">
          <nav aria-label="Routes">
            <ul>
              <li><a href="#content">${document.info.title}</a></li>
              <li><a href="#errors">Errors</a></li>
              <li><a href="#schemas">Schemas</a></li>
            </ul>
            ${groups.map(
              ({ name, entries: own }) =>
                markup`<h2>${name}</h2>
                  <ul>
                    ${own.map(linkTo)}
                  </ul>`,
            )}
          </nav>
          <main id="content">
            <h1>${document.info.title}</h1>
            ${(document.info.description ?? "").split("\n\n").map((text) => markup`<p>${prose(text)}</p>`)}
            <p>The same as a document for programs: <a href="/openapi.json">/openapi.json</a></p>
            ${groups.map(
              ({ name, description, entries: own }) =>
                markup`<section aria-labelledby="${slug(name)}">
                  <h2 id="${slug(name)}">${name}</h2>
                  <p>${description}</p>
                  ${own.map(article)}
                </section>`,
            )}
            <section aria-labelledby="errors">
              <h2 id="errors">Errors</h2>
              <p>
                Under <code>/api</code> they are application/problem+json; on <code>/v1</code> they come in the vendor's
                own envelope.
              </p>
              <div class="scroll">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">code</th>
                      <th scope="col">meaning</th>
                    </tr>
                  </thead>
                  <tbody>
                    ${Object.entries(problemCodes).map(
                      ([code, meaning]) =>
                        markup`<tr id="error-${code}">
                          <th scope="row"><code>${code}</code></th>
                          <td>${prose(meaning)}</td>
                        </tr>`,
                    )}
                  </tbody>
                </table>
              </div>
            </section>
            <section aria-labelledby="schemas">
              <h2 id="schemas">Schemas</h2>
              ${schemas.map(
                ([name, schema]) =>
                  markup`<details id="schema-${name}" open>
                    <summary><code>${name}</code></summary>
                    <div class="inside">${schemaTable(schema)}</div>
                  </details>`,
              )}
            </section>
          </main>
        </div>
      </body>
    </html>
`;
  return page.html;
}

function entriesOf(document: OpenApiDocument): readonly Entry[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Readonly<Record<string, Operation>>).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
}

function linkTo({ operation: { operationId = "", summary = "" } }: Entry): Html {
  return markup`<li><a href="#${operationId}">${summary}</a></li>`;
}

function article({ method, path, operation }: Entry): Html {
  const {
    operationId = "",
    summary = "",
    description = "",
    externalDocs,
    parameters = [],
    requestBody,
    responses = {},
  } = operation;
  return markup`<details id="${operationId}" open>
    <summary>
      <span class="method ${method}">${method}</span><code>${path}</code><span class="about">${summary}</span>
    </summary>
    <div class="inside">
      <p>${prose(description)}</p>
      ${externalDocs === undefined ? [] : [markup`<p><a href="${externalDocs.url}" rel="noreferrer">${externalDocs.description ?? externalDocs.url}</a></p>`]}
      ${parameters.length === 0 ? [] : [parameterTable(parameters)]}
      ${
        requestBody === undefined
          ? []
          : [
              markup`<h3>Body</h3>
                ${contents(requestBody.content)}`,
            ]
      }
      <h3>Answers</h3>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">status</th>
              <th scope="col">of</th>
              <th scope="col">meaning</th>
            </tr>
          </thead>
          <tbody>
            ${Object.entries(responses).map(
              ([status, { description: meaning, content = {} }]) =>
                markup`<tr>
                  <th scope="row">${status}</th>
                  <td>${typesOf(content)}</td>
                  <td>${prose(meaning)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </div>
  </details>`;
}

function parameterTable(parameters: readonly Parameter[]): Html {
  return markup`<h3>Parameters</h3>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">name</th>
            <th scope="col">in</th>
            <th scope="col">of</th>
            <th scope="col">meaning</th>
          </tr>
        </thead>
        <tbody>
          ${parameters.map(
            ({ name, in: place, required, description, schema = {} }) =>
              markup`<tr>
                <th scope="row"><code>${name}</code></th>
                <td>${place}${required === true ? ", needed" : ""}</td>
                <td class="kind">${schemaWords(schema)}</td>
                <td>${prose(description ?? schema.description ?? "")}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

function contents(content: Content): readonly Html[] {
  return Object.values(content).map(({ schema = {} }) =>
    schema.$ref === undefined ? markup`${schemaTable(schema)}` : markup`<p>${schemaWords(schema)}</p>`,
  );
}

function typesOf(content: Content): readonly Html[] {
  return Object.entries(content).map(
    ([type, { schema = {} }]) => markup`<div><code>${type}</code> ${schemaWords(schema)}</div>`,
  );
}

/** Text with what stands between backticks as code. */
function prose(text: string): readonly Html[] {
  return text.split("`").map((part, index) => (index % 2 === 1 ? markup`<code>${part}</code>` : markup`${part}`));
}

function slug(name: string): string {
  return `tag-${name.toLowerCase()}`;
}
