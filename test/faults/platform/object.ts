import { EPOCH_MS } from "../simulation/scheduler.ts";
import type { Env, ObjectClass, PlatformObject } from "./platform.ts";
import { NearEnd } from "./sockets.ts";
import { SimulatedStorage } from "./storage.ts";
import type { Surroundings } from "./surroundings.ts";

const CRASHED_FOR_AT_MOST_MS = 3000;
const ALARM_RETRY_MS = 2000;

/** The code of an object, from when it wakes up until it is evicted or crashes. */
interface Instance {
  readonly object: PlatformObject;
  isOver: boolean;
}

/** What came of a call. */
export type Reply = { readonly answer: unknown } | { readonly error: unknown };

interface Options {
  readonly surroundings: Surroundings;
  readonly objectClass: ObjectClass;
  readonly name: string;
  /** What it is bound to; its calls leave when its writes are on disk, and never come back once it is over. */
  readonly env: (host: ObjectHost, isOver: () => boolean) => Env;
}

/** A Durable Object: its code comes and goes, its storage stays, its sockets survive an eviction. */
export class ObjectHost {
  readonly #options: Options;
  readonly #storage: SimulatedStorage;
  #instance: Instance | null = null;
  #sockets: NearEnd[] = [];
  /** What was asked and is not answered yet. */
  readonly #asked = new Set<(reply: Reply) => void>();
  #downUntilMs = 0;
  #alarms = 0;
  /** The alarm was set since it rang. */
  #isArmedAnew = false;
  #ringsForMs: number | null = null;
  /** An alarm never rings while the one before is at work. */
  #isRinging = false;

  constructor(options: Options) {
    this.#options = options;
    this.#storage = new SimulatedStorage(options.surroundings, () => this.#schedule());
  }

  get storage(): SimulatedStorage {
    return this.#storage;
  }

  /** Calls a method of the object; `reply` is called once, unless the caller is gone by then. */
  call(method: string, args: readonly unknown[], reply: (reply: Reply) => void): void {
    const { surroundings } = this.#options;
    const { random } = surroundings;
    const wait = this.#downUntilMs - surroundings.nowMs();
    if (wait > 0) {
      surroundings.later(wait, () => this.call(method, args, reply));
      return;
    }
    if (surroundings.strikes("eviction")) this.#evict();
    const answer = (outcome: Reply) => {
      if (this.#asked.delete(answer)) reply(outcome);
    };
    this.#asked.add(answer);
    const lose = () => answer({ error: resetError() });
    const instance = this.#wake();
    const act = async () => {
      const found: unknown = Reflect.get(instance.object, method);
      if (typeof found !== "function") throw new Error(`there is no ${method}`);
      return await found.apply(instance.object, args);
    };
    act().then(
      (answered) => this.#storage.output(() => answer({ answer: copied(answered) }), lose),
      (error) => this.#storage.output(() => answer({ error }), lose),
    );
    if (surroundings.strikes("crash")) {
      surroundings.later(random.whole(0, 30), () => this.crash());
    } else if (this.#storage.isWriting && surroundings.strikes("crash while writing")) {
      this.crash();
    }
  }

  /** Everything that is not on disk is lost. */
  crash(): void {
    const { surroundings, name } = this.#options;
    surroundings.note(name, "crashes");
    this.#downUntilMs = surroundings.nowMs() + surroundings.random.whole(0, CRASHED_FOR_AT_MOST_MS);
    this.#end();
    this.#storage.crash();
    const sockets = this.#sockets;
    this.#sockets = [];
    for (const socket of sockets) socket.lose();
    for (const answer of [...this.#asked]) answer({ error: resetError() });
    this.#schedule();
  }

  /** It loses all that it knows. */
  wipe(): void {
    this.crash();
    this.#storage.wipe();
    this.#schedule();
  }

  #evict(): void {
    if (this.#asked.size === 0 && !this.#storage.isWriting) this.#end();
  }

  #end(): void {
    if (this.#instance) this.#instance.isOver = true;
    this.#instance = null;
  }

  #wake(): Instance {
    if (this.#instance) return this.#instance;
    const { objectClass, name, env } = this.#options;
    let isOver = false;
    const over = () => isOver;
    const object = new objectClass(this.#context(name, over), env(this, over));
    this.#instance = {
      object,
      get isOver() {
        return isOver;
      },
      set isOver(value) {
        isOver = value;
      },
    };
    return this.#instance;
  }

  #context(name: string, isOver: () => boolean) {
    const storage = this.#storage.handle(isOver);
    const { setAlarm } = storage;
    storage.setAlarm = (atMs) => {
      const isSet = setAlarm(atMs);
      // To set it to the time for which it rings changes nothing, so it does not ring again.
      if (this.#storage.alarmAtMs !== this.#ringsForMs) this.#isArmedAnew = true;
      return isSet;
    };
    return {
      id: { name },
      storage,
      setWebSocketAutoResponse() {},
      getWebSocketAutoResponseTimestamp: () => null,
      waitUntil() {},
      acceptWebSocket: (near: NearEnd, [tag = ""]: readonly string[]) => {
        near.accepted(
          {
            surroundings: this.#options.surroundings,
            output: (leave) => this.#storage.output(leave),
            drop: (dropped) => {
              this.#sockets = this.#sockets.filter((socket) => socket !== dropped);
            },
            closed: (closed) => {
              this.call("webSocketClose", [closed], () => {});
            },
          },
          tag,
        );
        this.#sockets.push(near);
      },
      getWebSockets: (tag: string) => this.#sockets.filter((socket) => socket.tag === tag),
    };
  }

  /** The one alarm. */
  #schedule(): void {
    const { surroundings } = this.#options;
    const { alarmAtMs } = this.#storage;
    const number = ++this.#alarms;
    if (alarmAtMs === null || this.#isRinging) return;
    const waitMs = Math.max(0, alarmAtMs - EPOCH_MS - surroundings.nowMs());
    surroundings.later(waitMs, () => {
      if (this.#alarms === number) this.#ring();
    });
  }

  /** An alarm is done with when all that came of it is on disk; a crash before lets it ring again. */
  #ring(): void {
    const { surroundings, name } = this.#options;
    const scheduledTime = this.#storage.alarmAtMs;
    this.#isArmedAnew = false;
    this.#isRinging = true;
    this.#ringsForMs = scheduledTime;
    const done = () => {
      this.#isRinging = false;
      this.#schedule();
    };
    this.call("alarm", [{ scheduledTime }], (reply) => {
      if ("error" in reply) {
        surroundings.note(name, `its alarm fails: ${reply.error}`);
        this.#isRinging = false;
        surroundings.later(ALARM_RETRY_MS, () => this.#schedule());
        return;
      }
      if (!this.#isArmedAnew) this.#storage.alarmAtMs = null;
      if (surroundings.strikes("alarm rings twice")) this.call("alarm", [{ scheduledTime }], done);
      else done();
    });
  }
}

function resetError(): Error {
  return Object.assign(new Error("the object was reset"), { retryable: true });
}

/** Answers are copied on their way, but for those with a socket. */
function copied(answer: unknown): unknown {
  return answer instanceof Response || answer instanceof NearEnd ? answer : structuredClone(answer);
}
