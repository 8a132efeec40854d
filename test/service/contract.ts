import { type Schema, Validator } from "@cfworker/json-schema";
import { expect } from "vitest";
import document from "../../src/routes/openapi.json" with { type: "json" };

interface Answer {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly responses: Readonly<Record<string, Answer>>;
}

/** The document, with every property refused that it does not name. */
const strict: typeof document = JSON.parse(JSON.stringify(document), (_, value) =>
  value?.type === "object" && value.properties !== undefined
    ? { additionalProperties: false, ...value }
    : value,
);

/** Any JSON is right; to look into it is to overflow the stack where it is deep. */
Object.assign(strict.components.schemas, { JsonValue: {}, JsonObject: { type: "object" } });

const routes = Object.entries(strict.paths).map(([path, operations]) => ({
  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
  operations: new Map<string, Operation>(Object.entries(operations)),
}));

const validators = new Map<string, Validator>();

/** Holds an answer against openapi.json: its status, its type, and every property of its JSON. */
export async function checkAnswer(method: string, path: string, response: Response): Promise<void> {
  const { pathname } = new URL(path, "https://localhost");
  const route = routes.find(({ pattern }) => pattern.test(pathname));
  const operation = route?.operations.get(method.toLowerCase());
  if (operation === undefined) return;
  const { status } = response;
  const about = `${method} ${pathname} → ${status}`;
  const { responses } = operation;
  const answer = responses[status] ?? responses[`${Math.floor(status / 100)}XX`];
  if (answer === undefined) throw new Error(`${about}: openapi.json has no such answer`);
  const content = answer.$ref ? strict.components.responses.Problem.content : answer.content;
  const [type = ""] = (response.headers.get("Content-Type") ?? "").split(";");
  expect(Object.keys(content ?? { "": null }), `${about}: Content-Type`).toContain(type);
  if (!type.endsWith("json")) return;
  const { errors } = validatorOf(content, type).validate(await response.clone().json());
  expect(
    errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`),
    about,
  ).toEqual([]);
}

function validatorOf(content: Answer["content"], type: string): Validator {
  const { $ref } = content?.[type]?.schema ?? {};
  if ($ref === undefined) throw new Error(`openapi.json names no type for ${type}`);
  const known = validators.get($ref);
  if (known !== undefined) return known;
  const schema: Schema = { components: strict.components, $ref };
  const validator = new Validator(schema, "2020-12");
  validators.set($ref, validator);
  return validator;
}
