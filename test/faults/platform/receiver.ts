import { Webhook } from "standardwebhooks";
import type {
  TaskState,
  WebhookEvent,
  WebhookPayload,
  WebhookState,
} from "../../../worker-client/index.ts";
import { pause } from "../pause.ts";
import type { Operator } from "./operator.ts";
import type { PlatformWorld } from "./platform-world.ts";

export const RECEIVER_HOST = "hooks.example.com";
export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr";
/** The service may have sent so many at once before it heard that the receiver is gone. */
const ON_THEIR_WAY = 4;

const AGAIN_WITHIN_MS = 5000;

/** An event that the receiver of a webhook has taken. */
export interface TakenEvent {
  readonly id: string;
  readonly body: string;
  readonly payload: Extract<WebhookPayload, { readonly data: { readonly revision: number } }>;
}

/** Another server, which the service tells of events. It does not always feel like it. */
export class Receiver {
  /** What it has taken, once for each time. */
  readonly taken: TakenEvent[] = [];
  readonly #world: PlatformWorld;
  /** Of each event the id that it came under. */
  readonly #ids = new Map<string, string>();
  readonly #bodies = new Map<string, string>();
  readonly #goneAfter: number;
  #gone = 0;

  /** From the first event that it takes for `/gone`, or a few later, that address is gone. */
  constructor(world: PlatformWorld) {
    this.#world = world;
    this.#goneAfter = world.random.whole(0, 3);
    world.serve(RECEIVER_HOST, this.#fetch);
  }

  /** Takes the place of `fetch` for its host. */
  readonly #fetch = (url: string, init: RequestInit = {}): Promise<Response> => {
    const { later, transitMs, strikes } = this.#world.surroundings;
    return new Promise((resolve, reject) => {
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      if (strikes("reset")) later(transitMs(), () => reject(new TypeError("fetch failed")));
      else if (!strikes("lost request")) {
        later(transitMs(), () => {
          const status = this.#answer(new URL(url).pathname, init);
          if (strikes("lost answer")) return;
          later(transitMs(), () => resolve(new Response(null, { status })));
        });
      }
    });
  };

  /** Once everything has settled, every event has come, and comes again if somebody asks for that. */
  async check(states: ReadonlyMap<string, TaskState>, operator: Operator): Promise<void> {
    for (const state of states.values()) {
      if (!state.id.startsWith("t-")) continue;
      for (const type of eventsOf(state)) {
        const isTaken = this.taken.some(({ payload }) => {
          const isThis = payload.type === type && payload.data.id === state.id;
          return isThis && (type !== "task.ended" || payload.data.status === state.status);
        });
        if (!isTaken) this.#world.violate("webhook", `${type} of ${state.id} has not come`);
      }
    }
    const read = () => this.#world.ask<WebhookState>("GET", "webhooks/gone");
    const { disabledReason } = await operator.insist(read);
    if (this.#gone > this.#goneAfter && disabledReason !== "gone") {
      this.#world.violate("webhook", "one that answered 410 goes on");
    }
    await this.#checkAgain(operator);
  }

  async #checkAgain(operator: Operator): Promise<void> {
    const last = this.taken.at(-1);
    if (last === undefined) return;
    const path = `webhooks/events/deliveries/${last.id}/redeliver`;
    await operator.insist(() => this.#world.ask("POST", path));
    await pause(AGAIN_WITHIN_MS);
    const [other] = this.taken.slice(-1);
    if (other === last || other?.id !== last.id) this.#complain("is not sent again", last);
  }

  #answer(path: string, { headers, body }: RequestInit): number {
    const { random, isStormy } = this.#world;
    if (isStormy && random.percent(20)) return random.one([500, 503, 429, 302]);
    const event = this.#checked(new Headers(headers), String(body));
    if (path !== "/gone") {
      this.taken.push(event);
      return 204;
    }
    if (this.#gone++ < this.#goneAfter) return 204;
    if (!isStormy && this.#gone > this.#goneAfter + ON_THEIR_WAY)
      this.#complain("is sent to one that is gone", event);
    // What went wrong before counts no more.
    if (isStormy) this.#gone = this.#goneAfter;
    return 410;
  }

  /** An event as it has to be: signed, and the same each time. */
  #checked(headers: Headers, body: string): TakenEvent {
    const id = headers.get("webhook-id") ?? "";
    const seconds = Number(headers.get("webhook-timestamp"));
    const event: TakenEvent = { id, body, payload: JSON.parse(body) };
    const { type, data } = event.payload;
    const signature = new Webhook(SECRET).sign(id, new Date(seconds * 1000), body);
    if (headers.get("webhook-signature") !== signature) this.#complain("is signed wrong", event);
    const key = `${type} ${data.id} ${data.revision}`;
    if ((this.#ids.get(key) ?? id) !== id) this.#complain("has several ids", event);
    if ((this.#bodies.get(id) ?? body) !== body) this.#complain("has several bodies", event);
    this.#ids.set(key, id);
    this.#bodies.set(id, body);
    return event;
  }

  #complain(what: string, { id, payload: { type, data } }: TakenEvent): void {
    this.#world.violate("webhook", `${type} of ${data.id} (${id}) ${what}`);
  }
}

/** What has happened to a task, at least, that a webhook is told of. */
function eventsOf({ attempt, endedAt, cancellation }: TaskState): WebhookEvent[] {
  const events: WebhookEvent[] = [];
  if (attempt > 0) events.push("task.started");
  if (cancellation !== null && cancellation.gracePeriodSeconds !== null) {
    events.push("task.cancelling");
  }
  if (endedAt !== null) events.push("task.ended");
  return events;
}
