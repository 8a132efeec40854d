import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "../folders.ts";
import { DIRECTORY_OPERATIONS } from "./directory-operations.ts";
import type { Answer, Content, Operation, Tag } from "./operation.ts";
import { QUEUE_OPERATIONS, QUEUED } from "./queue-operations.ts";
import { bodySchema, type Schema, type Schemas, wireSchemas } from "./schemas.ts";
import { TASK_OPERATIONS } from "./task-operations.ts";
import { WEBHOOK_OPERATIONS } from "./webhook-operations.ts";

/** All operations of the service. A test compares them with its router. */
export const OPERATIONS: readonly Operation[] = [
  {
    id: "ping",
    method: "get",
    path: "/ping",
    tag: "Service",
    summary: "Says that the service is up",
    scope: null,
    answers: {
      200: { description: "The service is up.", content: { json: "Pong" } },
    },
  },
  ...TASK_OPERATIONS,
  ...QUEUE_OPERATIONS,
  ...DIRECTORY_OPERATIONS,
  ...WEBHOOK_OPERATIONS,
];

const BODIES = [...OPERATIONS.flatMap(({ body }) => body ?? []), QUEUED];

/** Schemas that have no wire type. */
const MORE_SCHEMAS: Schemas = {
  Pong: {
    type: "object",
    properties: { message: { const: "pong" } },
    required: ["message"],
  },
  WebhookDeliveryList: listOf("deliveries", "WebhookDelivery"),
};

function listOf(name: string, type: string): Schema {
  const properties = { [name]: { type: "array", items: reference(type) } };
  return { type: "object", properties, required: [name] };
}

const TAGS: { readonly [tag in Tag]: string } = {
  Tasks: "A unit of work with an id, run by some process somewhere.",
  Runs: "Requests of the worker that runs a task.",
  Queues: "A named line of tasks that workers claim from.",
  Cancel: "Stop a task, and get a receipt once it has stopped.",
  Lists: "Many tasks at once.",
  Webhooks: "Notify systems that cannot watch, by Standard Webhooks.",
  "Plain text": "For curl in a loop.",
  Service: "The service itself.",
};

const PATTERNS: Readonly<Record<string, string>> = {
  id: "The id of the task: 1 to 128 of `A-Z a-z 0-9 . _ ~ : - + @ = ,`. Any other byte is written as `~2F`.",
  queue: "The name of the queue, in the same form as a task id.",
  webhook: "The name of the webhook, in the same form as a task id.",
  delivery: "The id of the delivery.",
};

/** Builds the OpenAPI document of the service from its types and validation schemas. */
export function openApiDocument(): object {
  const wire = wireSchemas();
  const bodies = BODIES.map(
    ({ type, fields }) => [type, bodySchema(fields, schemaOf(wire, type))] as const,
  );
  const { version }: { version: string } = JSON.parse(
    readFileSync(join(projectFolder, "package.json"), "utf8"),
  );
  const document = {
    openapi: "3.1.0",
    info: {
      title: "edge-canceler",
      version,
      summary: "Cancel a running task, anywhere, over HTTPS, and be sure.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }, {}],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: Object.fromEntries(
      [...Map.groupBy(OPERATIONS, ({ path }) => path)].map(([path, operations]) => [
        path.replaceAll(/:(\w+)/g, "{$1}"),
        Object.fromEntries(operations.map((one) => [one.method, describe(one)])),
      ]),
    ),
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
      },
      responses: {
        Problem: {
          description: "What was wrong, and what would be right (RFC 9457).",
          content: { "application/problem+json": { schema: reference("Problem") } },
        },
      },
      schemas: { ...wire, ...MORE_SCHEMAS, ...Object.fromEntries(bodies) },
    },
  };
  return withoutUnused(document);
}

const REFERENCE = /"#\/components\/schemas\/([^"]+)"/g;

/** Removes schemas that the document does not refer to. */
function withoutUnused<Document extends { components: { schemas: Schemas } }>(
  document: Document,
): Document {
  const { components, ...rest } = document;
  const { schemas, ...others } = components;
  const used = new Set<string>();
  const use = (part: unknown) => {
    for (const [, name = ""] of JSON.stringify(part).matchAll(REFERENCE)) {
      if (used.has(name)) continue;
      used.add(name);
      use(schemaOf(schemas, name));
    }
  };
  use([rest, others]);
  const kept = Object.entries(schemas).filter(([name]) => used.has(name));
  return { ...document, components: { ...components, schemas: Object.fromEntries(kept) } };
}

function describe(operation: Operation): object {
  const { id, tag, summary, scope, parameters = [], body, answers, problems = [] } = operation;
  const inPath = Array.from(operation.path.matchAll(/:(\w+)/g), ([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    description: PATTERNS[name],
    schema: { type: "string" },
  }));
  const problem = { $ref: "#/components/responses/Problem" };
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(scope === null
      ? { security: [{}] }
      : {
          description: `Requires a token with the scope \`${scope}\`, unless the service is open.`,
        }),
    parameters: [...inPath, ...parameters],
    ...(body && {
      requestBody: {
        content: { "application/json": { schema: reference(body.type) } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, response(answer)]),
      ),
      ...Object.fromEntries(problems.map((status) => [status, problem])),
      "4XX": problem,
      "5XX": problem,
    },
  };
}

function response({ description, content }: Answer): object {
  return { description, ...(content && { content: contentOf(content) }) };
}

function contentOf(content: Exclude<Content, null>): object {
  if ("plain" in content) {
    return { "text/plain": { schema: { type: "string", ...content.plain } } };
  }
  const schema = reference(content.json);
  return {
    "application/json": { schema },
    ...(content.stream && { "text/event-stream": { schema: { type: "string" } } }),
    ...(content.text && { "text/plain": { schema: { type: "string" } } }),
  };
}

function reference(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

function schemaOf(schemas: Schemas, name: string): Schema {
  const schema = schemas[name];
  if (schema === undefined) throw new Error(`worker-client/protocol*.ts has no type ${name}`);
  return schema;
}
