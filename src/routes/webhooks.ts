import * as v from "valibot";
import {
  WEBHOOK_EVENTS,
  type WebhookList,
  type WebhookState,
} from "../../worker-client/protocol-webhooks.ts";
import { TASK_ID_PATTERN, TASK_ID_RULE } from "../../worker-client/task-id.ts";
import type { ServiceRequest } from "../auth/authenticate.ts";
import { type Caller, coversAll } from "../auth/caller.ts";
import type { Env } from "../env.ts";
import { parseBody } from "../http/body.ts";
import { fields } from "../http/fields.ts";
import { ProblemError } from "../http/problem.ts";
import { decodeComponent, show } from "../http/request.ts";
import { jsonResponse } from "../http/response.ts";
import { forgetKnownWebhooks } from "../webhooks/announce.ts";
import { isSecret } from "../webhooks/signature.ts";
import { urlRefusal, webhookHosts } from "../webhooks/target.ts";
import { REGISTRY, type WebhookCalls } from "../webhooks/webhook-stub.ts";
import { callerRoute } from "./task-route.ts";

/** A request about one webhook, from a caller who may make it. */
interface WebhookCall {
  readonly request: ServiceRequest;
  readonly env: Env;
  readonly id: string;
  readonly caller: Caller;
  readonly object: WebhookCalls;
}

type Route = (request: ServiceRequest, env: Env) => Promise<Response>;

interface RouteOptions {
  /** Whether the route only sends an event: it takes no fields, and fails while webhooks are off. Default: false. */
  readonly sends?: boolean;
}

/** Makes a route about one webhook, for callers with the scope `admin`. */
function webhookRoute(
  handle: (call: WebhookCall) => Promise<Response>,
  { sends = false }: RouteOptions = {},
): Route {
  return callerRoute("admin", async ({ request, env, caller }) => {
    const id = idIn(request);
    if (sends) {
      requireHosts(env);
      await parseBody(request, {});
    }
    return handle({ request, env, id, caller, object: env.WEBHOOKS.getByName(id) });
  });
}

/** Makes a route about a webhook that exists. One whose tasks the token does not cover looks unknown. */
function knownWebhookRoute(
  handle: (call: WebhookCall, webhook: WebhookState) => Promise<Response>,
  options?: RouteOptions,
): Route {
  return webhookRoute(async (call) => {
    const webhook = await call.object.read();
    if (webhook !== null && coversAll(call.caller, webhook)) return handle(call, webhook);
    throw new ProblemError(
      "webhook-unknown",
      `No webhook ${call.id} is known, or the token does not name its tasks: create it with PUT /v1/webhooks/${call.id}.`,
    );
  }, options);
}

function idIn(request: ServiceRequest): string {
  const encoded = request.params["webhook"] ?? "";
  const id = decodeComponent(encoded);
  if (id !== null && TASK_ID_PATTERN.test(id)) return id;
  throw new ProblemError(
    "bad-request",
    `${show(id ?? encoded)} is not a valid id of a webhook: ${TASK_ID_RULE}.`,
  );
}

/** Returns the hosts that events may be sent to. Throws a problem if there are none. */
function requireHosts({ WEBHOOK_HOSTS }: Env): readonly string[] {
  const hosts = webhookHosts(WEBHOOK_HOSTS);
  if (hosts.kind === "listed") return hosts.patterns;
  throw new ProblemError("webhooks-off", whyOff(hosts));
}

function whyOff(hosts: Exclude<ReturnType<typeof webhookHosts>, { kind: "listed" }>): string {
  switch (hosts.kind) {
    case "off":
      return "This service sends no webhooks: set WEBHOOK_HOSTS to the hosts that it may send to, such as hooks.example.com.";
    case "invalid":
      return `This service sends no webhooks, because WEBHOOK_HOSTS is invalid: ${show(hosts.entry)} is not a host such as hooks.example.com or *.example.org.`;
  }
}

const QUEUE = `must be the name of a queue, written like the id of a task (${TASK_ID_RULE})`;
const EVENTS = `must be a list of one or more of ${WEBHOOK_EVENTS.join(", ")}`;
const SECRET = "must be whsec_ and 24 to 64 bytes in base64.";

/**
 * The schema of a webhook's body. No response repeats anything of a secret, not even of one that is
 * malformed.
 */
export function settingsFor(hosts: readonly string[]) {
  return {
    url: v.pipe(
      v.string("must be a URL"),
      v.check(
        (url) => urlRefusal(url, hosts) === null,
        ({ input }) => urlRefusal(String(input), hosts) ?? "",
      ),
    ),
    events: v.nullish(
      v.pipe(
        v.array(v.picklist(WEBHOOK_EVENTS, EVENTS), EVENTS),
        v.minLength(1, EVENTS),
        v.transform((events) => WEBHOOK_EVENTS.filter((event) => events.includes(event))),
      ),
      [...WEBHOOK_EVENTS],
    ),
    prefix: v.nullish(fields.prefix, null),
    queue: v.nullish(v.pipe(v.string(QUEUE), v.regex(TASK_ID_PATTERN, QUEUE)), null),
    secret: v.nullish(v.string(SECRET), null),
    rotateSecret: v.optional(v.boolean("must be true or false"), false),
  };
}

/** 201 with the new webhook, 200 with the changed one. The secret is in it only if it is new. */
export const putWebhook: Route = webhookRoute(async ({ request, env, id, caller, object }) => {
  const settings = await parseBody(request, settingsFor(requireHosts(env)));
  if (settings.secret !== null && !isSecret(settings.secret)) {
    throw new ProblemError("bad-request", `The field "secret" ${SECRET}`);
  }
  if (settings.secret !== null && settings.rotateSecret) {
    throw new ProblemError("bad-request", 'Send either "secret" or "rotateSecret", not both.');
  }
  const before = await object.read();
  const isCovered = coversAll(caller, settings) && (before === null || coversAll(caller, before));
  if (!isCovered) {
    throw new ProblemError(
      "forbidden",
      `The token does not name every task that this webhook would get events of: set a prefix that the token's tasks cover (${show(caller.tasks)}), or one of its queues.`,
    );
  }
  const answer = await object.put(settings);
  forgetKnownWebhooks();
  if (answer.kind === "too_many") {
    throw new ProblemError(
      "too-many-webhooks",
      `Webhook ${id} cannot be created, because there are too many: delete one first.`,
    );
  }
  return answer.kind === "created"
    ? jsonResponse(answer.webhook, 201, { Location: `/v1/webhooks/${id}` })
    : jsonResponse(answer.webhook);
});

/** 200 with the webhook, without its secret. */
export const readWebhook: Route = knownWebhookRoute(async (_, webhook) => jsonResponse(webhook));

/** 204 once nothing of the webhook is left. */
export const removeWebhook: Route = webhookRoute(async ({ request, caller, object }) => {
  await parseBody(request, {});
  const webhook = await object.read();
  if (webhook === null || coversAll(caller, webhook)) await object.remove();
  forgetKnownWebhooks();
  return new Response(null, { status: 204 });
});

/** 200 with all webhooks whose tasks the token covers, and whether anything is sent at all. */
export const listWebhooks: Route = callerRoute("admin", async ({ env, caller }) => {
  const listed = await env.WEBHOOK_REGISTRY.getByName(REGISTRY).list();
  const states = await Promise.all(listed.map(({ id }) => env.WEBHOOKS.getByName(id).read()));
  const webhooks = states.flatMap((state) =>
    state !== null && coversAll(caller, state) ? [state] : [],
  );
  const hosts = webhookHosts(env.WEBHOOK_HOSTS);
  const answer: WebhookList = { webhooks, off: hosts.kind === "listed" ? null : whyOff(hosts) };
  return jsonResponse(answer);
});

/** 200 with the last 100 deliveries, newest first. */
export const listDeliveries: Route = knownWebhookRoute(async ({ object }) =>
  jsonResponse({ deliveries: await object.deliveries() }),
);

/** 202 with the delivery, which will be tried again. */
export const redeliver: Route = knownWebhookRoute(
  async ({ request, id, object }) => {
    const encoded = request.params["delivery"] ?? "";
    const delivery = decodeComponent(encoded) ?? encoded;
    const answer = await object.redeliver(delivery);
    switch (answer.kind) {
      case "accepted":
        return jsonResponse(answer.delivery, 202);
      case "unknown":
        throw new ProblemError(
          "delivery-unknown",
          `Webhook ${id} has no delivery ${show(delivery)}: GET /v1/webhooks/${id}/deliveries lists the last ones.`,
        );
      case "disabled":
        throw new ProblemError(
          "webhook-disabled",
          `Webhook ${id} is turned off: turn it on with PUT /v1/webhooks/${id} first.`,
        );
    }
  },
  { sends: true },
);

/** 200 with the delivery of a test event, once its result is known. */
export const testWebhook: Route = knownWebhookRoute(
  async ({ id, object }) => {
    const delivery = await object.sendTest();
    if (delivery !== null) return jsonResponse(delivery);
    throw new ProblemError("webhook-unknown", `Webhook ${id} was deleted during the test.`);
  },
  { sends: true },
);
