import type { WebhookDelivery, WebhookRequest, WebhookState } from "../../index.ts";
import { RequestRefusedError } from "../../index.ts";
import { WEBHOOK_EVENTS, type WebhookEvent } from "../../protocol-webhooks.ts";
import { escapeTaskId, TASK_ID_PATTERN, TASK_ID_RULE } from "../../task-id.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { EXIT_CODE, UsageError } from "../failure.ts";
import { readSecretFile } from "../grant.ts";
import { jsonLine } from "../terminal.ts";
import { toPrefix } from "../values.ts";
import { deliveryLine, webhookLine } from "../webhook-lines.ts";

const ADD = "edge-canceler webhook add stopper https://hooks.example.com/task";

const HELP = `Notifies other systems of what happens to tasks, by signed requests to a URL.

  edge-canceler webhook add NAME URL [--event EVENT…] [--prefix P] [--queue Q]
                                     [--secret-file FILE | --rotate-secret]
  edge-canceler webhook list
  edge-canceler webhook test NAME
  edge-canceler webhook deliveries NAME
  edge-canceler webhook redeliver NAME DELIVERY
  edge-canceler webhook remove NAME…

  add                 creates a webhook, and prints the secret that signs its events; or changes one, which
                      keeps its secret, and turns it on
  test                sends an event now. Exit code 1 if the receiver did not accept it
  deliveries          shows the last 100 events, newest first
  redeliver           sends one of them again
  remove              removes webhooks. Exit code 1 if one is unknown
  --event EVENT       ${WEBHOOK_EVENTS.join(", ")}; can be
                      given several times (default: all of them)
  --prefix P          only tasks whose id begins with P
  --queue Q           only tasks of this queue
  --secret-file FILE  a file with a secret of your own: whsec_ and 24 to 64 bytes in base64
  --rotate-secret     creates a new secret. The previous one keeps signing as well for a day

Examples:
  ${ADD} --event task.cancelling
  edge-canceler webhook test stopper

The service sends to the hosts that its setting WEBHOOK_HOSTS lists. A token needs the scope admin.`;

export const webhook = defineCommand({
  name: "webhook",
  summary: "notifies other systems of what happens to tasks",
  help: HELP,
  options: {
    event: { type: "string", multiple: true },
    prefix: { type: "string" },
    queue: { type: "string" },
    "secret-file": { type: "string" },
    "rotate-secret": { type: "boolean" },
  },
  async run(context, { positionals, rest, values }) {
    const [action, ...names] = [...positionals, ...(rest ?? [])];
    if (action !== "add" && Object.keys(values).length > 0) {
      throw new UsageError(`--${Object.keys(values)[0]} is an option of add: ${ADD}`);
    }
    switch (action) {
      case "add":
        return add(context, names, values);
      case "list":
        requireNames(names, 0, "edge-canceler webhook list");
        return list(context);
      case "test":
        return test(context, requireNames(names, 1, "edge-canceler webhook test stopper"));
      case "deliveries":
        return deliveries(
          context,
          requireNames(names, 1, "edge-canceler webhook deliveries stopper"),
        );
      case "redeliver":
        return redeliver(
          context,
          requireNames(names, 2, "edge-canceler webhook redeliver stopper msg_1"),
        );
      case "remove":
        return remove(context, names);
      default:
        throw new UsageError(
          `${action === undefined ? "say what to do" : `there is no action "${action}"`}: add, list, test, deliveries, redeliver or remove`,
        );
    }
  },
});

interface AddFlags {
  readonly event?: readonly string[] | undefined;
  readonly prefix?: string | undefined;
  readonly queue?: string | undefined;
  readonly "secret-file"?: string | undefined;
  readonly "rotate-secret"?: boolean | undefined;
}

async function add(
  context: CommandContext,
  names: readonly string[],
  flags: AddFlags,
): Promise<number> {
  const [name = "", url = ""] = requireNames(names, 2, ADD);
  const path = pathOf(name);
  const { event, prefix, queue, "secret-file": file, "rotate-secret": rotateSecret } = flags;
  if (file !== undefined && rotateSecret) {
    throw new UsageError("give either --secret-file or --rotate-secret");
  }
  const given = file === undefined ? undefined : readSecretFile(file);
  // Created here, so that the request can be repeated if its response is lost.
  const isNew =
    (await context.ask({ method: "GET", path }, readWebhook).catch(unlessUnknown)) === null;
  const made = given === undefined && (isNew || rotateSecret) ? newSecret() : undefined;
  const body: WebhookRequest = {
    url,
    ...(event && { events: event.map(toEvent) }),
    ...(prefix !== undefined && { prefix: toPrefix(prefix) }),
    ...(queue !== undefined && { queue: escapeTaskId(queue) }),
    secret: given ?? made,
  };
  const webhook = await context.ask({ method: "PUT", path, body }, readWebhook);
  const { json, print, tell } = context;
  if (json) {
    print(jsonLine({ ...webhook, ...(made && { secret: made }) }));
    return 0;
  }
  print(webhookLine(webhook));
  if (made === undefined) return 0;
  print(made);
  tell("keep this secret: it signs the events, and is not shown again");
  return 0;
}

async function list(context: CommandContext): Promise<number> {
  const { json, print } = context;
  for (const webhook of await listed(context)) {
    print(json ? jsonLine(webhook) : webhookLine(webhook));
  }
  return 0;
}

/** Returns all webhooks. Prints why if the service sends no events. */
async function listed({ ask, tell }: CommandContext): Promise<readonly WebhookState[]> {
  const { webhooks, off } = await ask({ method: "GET", path: "/v1/webhooks" }, readList);
  if (off !== null) tell(off);
  return webhooks;
}

/** The receiver has 15 s to answer. */
const TEST_SECONDS = 15;

async function test(
  { ask, json, print }: CommandContext,
  [name = ""]: readonly string[],
): Promise<number> {
  const path = `${pathOf(name)}/test`;
  const delivery = await ask({ method: "POST", path, waitSeconds: TEST_SECONDS }, readDelivery);
  print(json ? jsonLine(delivery) : deliveryLine(delivery, Date.now()));
  return delivery.status === "delivered" ? 0 : EXIT_CODE.no;
}

async function deliveries(context: CommandContext, [name = ""]: readonly string[]) {
  const { ask, json, print } = context;
  const path = `${pathOf(name)}/deliveries`;
  await listed(context);
  const found = await ask({ method: "GET", path }, (status, body) =>
    status === 200 ? listIn(body, "deliveries", isDelivery) : undefined,
  );
  for (const one of found) print(json ? jsonLine(one) : deliveryLine(one, Date.now()));
  return 0;
}

async function redeliver(
  { ask, json, print }: CommandContext,
  [name = "", id = ""]: readonly string[],
) {
  const path = `${pathOf(name)}/deliveries/${encodeURIComponent(id)}/redeliver`;
  const delivery = await ask({ method: "POST", path }, readDelivery);
  print(json ? jsonLine(delivery) : deliveryLine(delivery, Date.now()));
  return 0;
}

async function remove(context: CommandContext, names: readonly string[]): Promise<number> {
  const { ask, json, print, tell } = context;
  if (names.length === 0)
    throw new UsageError("name a webhook: edge-canceler webhook remove stopper");
  const webhooks = names.map((name) => ({ name, id: escapeTaskId(name), path: pathOf(name) }));
  const known = new Set((await listed(context)).map(({ id }) => id));
  for (const { name, id, path } of webhooks) {
    if (!known.has(id)) {
      tell(`no webhook ${name} is known, or the token does not name its tasks`);
      continue;
    }
    await ask({ method: "DELETE", path }, (status) => status === 204 || undefined);
    print(json ? jsonLine({ id: name, removed: true }) : `${name}  removed`);
  }
  return webhooks.every(({ id }) => known.has(id)) ? 0 : EXIT_CODE.no;
}

function requireNames(names: readonly string[], count: number, example: string): readonly string[] {
  if (names.length === count) return names;
  const wanted = ["no arguments", "one argument"][count] ?? `${count} arguments`;
  throw new UsageError(`it takes ${wanted}, not ${names.length}: ${example}`);
}

function pathOf(name: string): string {
  const id = escapeTaskId(name);
  if (TASK_ID_PATTERN.test(id)) return `/v1/webhooks/${id}`;
  throw new UsageError(`"${name}" is not a valid webhook name: ${TASK_ID_RULE}`);
}

function toEvent(text: string): WebhookEvent {
  const event = WEBHOOK_EVENTS.find((known) => known === text);
  if (event !== undefined) return event;
  throw new UsageError(`--event must be one of ${WEBHOOK_EVENTS.join(", ")}, not "${text}"`);
}

const SECRET_BYTES = 32;

function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}

function unlessUnknown(error: unknown): null {
  const kind = error instanceof RequestRefusedError ? error.problem?.type : undefined;
  if (kind === "urn:edge-canceler:problem:webhook-unknown") return null;
  throw error;
}

// A response that does not look like the service's counts as none.

function readWebhook(status: number, body: unknown): WebhookState | undefined {
  return status < 300 && isWebhook(body) ? body : undefined;
}

function readDelivery(status: number, body: unknown): WebhookDelivery | undefined {
  return status < 300 && isDelivery(body) ? body : undefined;
}

function readList(status: number, body: unknown) {
  const webhooks = status === 200 ? listIn(body, "webhooks", isWebhook) : undefined;
  const { off } = fieldsOf(body);
  return webhooks && { webhooks, off: typeof off === "string" ? off : null };
}

function isWebhook(value: unknown): value is WebhookState {
  const { id, url, events } = fieldsOf(value);
  return typeof id === "string" && typeof url === "string" && Array.isArray(events);
}

function isDelivery(value: unknown): value is WebhookDelivery {
  const { id, type, createdAt, status } = fieldsOf(value);
  return [id, type, createdAt, status].every((field) => typeof field === "string");
}

function listIn<Item>(
  body: unknown,
  name: string,
  isItem: (value: unknown) => value is Item,
): readonly Item[] | undefined {
  const list = fieldsOf(body)[name];
  return Array.isArray(list) && list.every(isItem) ? list : undefined;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
