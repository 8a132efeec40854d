import { globSync } from "node:fs";
import { join } from "node:path";
import { toJsonSchema } from "@valibot/to-json-schema";
import { createGenerator } from "ts-json-schema-generator";
import * as v from "valibot";
import { projectFolder } from "../folders.ts";

/** A JSON schema, as far as this looks into it. */
export interface Schema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
}

export type Schemas = Readonly<Record<string, Schema>>;

/** The schemas of the wire types, with their doc comments, from the files that declare them. */
export function wireSchemas(): Schemas {
  const files = globSync("worker-client/protocol*.ts", { cwd: projectFolder }).sort();
  const found = files.map((file) => {
    const generator = createGenerator({
      path: join(projectFolder, file),
      tsconfig: join(projectFolder, "worker-client/tsconfig.json"),
      type: "*",
      topRef: true,
      // A newer service says more than a client knows.
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
 * The schema of a request's body, from what the service checks it with. The wire type has the words,
 * and says what the checks cannot: what any JSON may be.
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
    if (!says(check)) return [name, words];
    // Tasks in a list are checked one by one.
    return [name, { ...check, description, ...(check["type"] === "array" && { items }) }];
  });
  return { ...checked, properties: Object.fromEntries(described) };
}

/** Whether a schema refuses anything. */
function says(schema: Schema): boolean {
  const { anyOf } = schema;
  if (Array.isArray(anyOf)) return anyOf.every((one) => Object.keys(one).length > 0);
  return Object.keys(schema).length > 0;
}
