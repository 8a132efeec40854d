import { globSync } from "node:fs";
import { join } from "node:path";
import { toJsonSchema } from "@valibot/to-json-schema";
import { createGenerator } from "ts-json-schema-generator";
import * as v from "valibot";
import { projectFolder } from "../folders.ts";

/** A JSON schema. */
export interface Schema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
}

export type Schemas = Readonly<Record<string, Schema>>;

/** Generates the schemas of the wire types, with their doc comments, from worker-client/protocol*.ts. */
export function wireSchemas(): Schemas {
  const files = globSync("worker-client/protocol*.ts", { cwd: projectFolder }).sort();
  const found = files.map((file) => {
    const generator = createGenerator({
      path: join(projectFolder, file),
      tsconfig: join(projectFolder, "worker-client/tsconfig.json"),
      type: "*",
      topRef: true,
      // A newer service may send fields that a client does not know.
      additionalProperties: true,
      functions: "hide",
      skipTypeCheck: true,
    });
    return generator.createSchema().definitions ?? {};
  });
  const text = JSON.stringify(Object.assign({}, ...found), (name, value) =>
    name === "additionalProperties" && value === true ? undefined : value,
  );
  return JSON.parse(text.replaceAll("#/definitions/", "#/components/schemas/"));
}

/**
 * Builds the schema of a request body from the service's validation schema. Descriptions come from the
 * wire type, and so do the types of fields that are not validated.
 */
export function bodySchema(fields: v.ObjectEntries, wire: Schema): Schema {
  const { properties = {}, ...checked }: Schema = JSON.parse(
    JSON.stringify(
      toJsonSchema(v.strictObject(fields), { errorMode: "ignore", typeMode: "input" }),
      (name, value) => (name === "$schema" || name === "default" ? undefined : value),
    ),
  );
  const described = Object.entries(wire.properties ?? {}).map(([name, words]) => {
    const check = properties[name] ?? {};
    const { description, items } = words;
    if (!isRestrictive(check)) return [name, words];
    // The service validates the tasks in a list one by one.
    return [name, { ...check, description, ...(check["type"] === "array" && { items }) }];
  });
  return { ...checked, properties: Object.fromEntries(described) };
}

/** Whether a schema rejects anything. */
function isRestrictive(schema: Schema): boolean {
  const { anyOf } = schema;
  if (Array.isArray(anyOf)) return anyOf.every((one) => Object.keys(one).length > 0);
  return Object.keys(schema).length > 0;
}
