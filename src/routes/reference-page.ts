/** The parts of an OpenAPI document that the page shows. */
interface OpenApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly summary: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Answer>>;
}

interface Answer {
  readonly $ref?: string;
  readonly description?: string;
  readonly content?: Content;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description?: string;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 6rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid; }
h3 { margin: 2rem 0 .25rem; font-size: 1rem; overflow-wrap: anywhere; }
code, h3 { font-family: ui-monospace, monospace; }
p { margin: .25rem 0; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
td { padding: .2rem .75rem .2rem 0; vertical-align: top; }
td:first-child { white-space: nowrap; width: 1%; }
nav a { margin-right: 1rem; }
.quiet { opacity: .75; }
`;

/** Returns the HTTP reference as a page. Its style carries this nonce; it has no script. */
export function referencePage(document: OpenApiDocument, nonce: string): string {
  const { info, paths, components, tags } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<h2 id="${slug(name)}">${text(name)}</h2>${sentence(description)}${own.map(showOperation).join("")}`;
  });
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<h3 id="schema-${text(name)}">${text(name)}</h3>${sentence(schema.description)}${showSchema(schema)}`,
  );
  const links = tags.map(({ name }) => `<a href="#${slug(name)}">${text(name)}</a>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(info.title)}: HTTP reference</title><style nonce="${nonce}">${STYLE}</style></head>
<body><h1>${text(info.title)} ${text(info.version)}</h1><p>${text(info.summary)}
For machines: <a href="/openapi.json">openapi.json</a>.</p>
<nav>${links.join("")}<a href="#types">Types</a></nav>
<main>${sections.join("")}<h2 id="types">Types</h2>${schemas.join("")}</main></body></html>
`;
}

interface Served {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

function showOperation({ path, method, operation }: Served): string {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  const rows = [
    ...parameters.map((one) => [
      `${one.in} <code>${text(one.name)}</code>`,
      prose(one.description ?? ""),
    ]),
    ...(requestBody ? [["body", showContent(requestBody.content)]] : []),
    ...Object.entries(responses)
      .filter(([status]) => !status.endsWith("XX"))
      .map(([status, { description: what, content }]) => [
        text(status),
        `${text(what ?? "A problem, which says what would be right.")} ${content ? showContent(content) : ""}`,
      ]),
  ];
  return `<h3 id="${text(operationId)}">${method.toUpperCase()} ${text(path)}</h3><p>${prose(summary)}.</p>${sentence(description)}${table(rows)}`;
}

function showContent(content: Content): string {
  return Object.entries(content)
    .map(([type, { schema }]) => `${typeOf(schema)} <span class="quiet">${text(type)}</span>`)
    .join(", ");
}

function showSchema({ properties, required = [], ...schema }: Schema): string {
  if (properties === undefined) return `<p>${typeOf(schema)}</p>`;
  return table(
    Object.entries(properties).map(([name, property]) => [
      `<code>${text(name)}</code>${required.includes(name) ? "" : "?"}`,
      `${typeOf(property)}${property.description ? `: ${prose(property.description)}` : ""}`,
    ]),
  );
}

/** Describes a type in a few words, with a link if it has a name. */
function typeOf(schema: Schema): string {
  const { $ref, type, enum: values, anyOf, items, minimum, maximum } = schema;
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf("/") + 1);
    return `<a href="#schema-${text(name)}">${text(name)}</a>`;
  }
  if (values !== undefined) return values.map(literal).join(" | ");
  if (schema.const !== undefined) return literal(schema.const);
  if (anyOf !== undefined) return anyOf.map(typeOf).join(" | ");
  if (items !== undefined) return `list of ${typeOf(items)}`;
  const range =
    minimum === undefined ? "" : ` from ${minimum}${maximum === undefined ? "" : ` to ${maximum}`}`;
  return text([type ?? "anything"].flat().join(" | ") + range);
}

function literal(value: unknown): string {
  return `<code>${text(JSON.stringify(value))}</code>`;
}

function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`);
  return `<table>${cells.join("")}</table>`;
}

function sentence(words: string | undefined): string {
  return words ? `<p class="quiet">${prose(words)}</p>` : "";
}

/** Formats a sentence of a comment: text between backticks is code. */
function prose(words: string): string {
  return text(words).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

function slug(name: string): string {
  return name.toLowerCase().replaceAll(" ", "-");
}

function text(words = ""): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
