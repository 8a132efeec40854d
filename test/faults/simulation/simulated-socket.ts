import type { WatchRole } from "../../../src/tasks/watch.ts";
import { nonsenseText } from "./answers.ts";
import type { WatchHandle } from "./simulated-object.ts";
import { roleIn } from "./simulated-service.ts";
import type { World } from "./world.ts";

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;
/** The code of RFC 6455 for a line that is gone without a good-bye. */
const ABNORMAL_CLOSURE = 1006;

/** The machine's end of a WebSocket, with as much of the standard's class as the client uses. */
export class SimulatedSocket extends EventTarget {
  readyState = CONNECTING;
  readonly #world: World;
  readonly #machine: World["canceller"];
  readonly #line: Line;

  constructor(world: World, url: string) {
    super();
    this.#world = world;
    this.#machine = world.here();
    this.#machine.open.add(this);
    const revision = Number(/revision=(\d+)/.exec(url)?.[1]);
    world.ask(`opens a WebSocket at revision ${revision}`);
    this.#line = new Line(world, this, { revision, role: roleIn(url.split("?")[1] ?? "") });
  }

  send(text: string): void {
    if (this.readyState === CONNECTING) throw new DOMException("not open", "InvalidStateError");
    if (this.readyState === OPEN) this.#line.send(text);
  }

  close(): void {
    if (this.readyState === CLOSED) return;
    this.#world.trace.note(this.#machine.name, "closes its WebSocket");
    this.#end();
    this.#line.close();
  }

  /** The upgrade has worked. */
  accept(): void {
    if (this.readyState !== CONNECTING) return;
    this.readyState = OPEN;
    this.dispatchEvent(new Event("open"));
  }

  receive(data: string): void {
    if (this.readyState !== OPEN) return;
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }

  /** The line is gone, or never was. */
  lose(): void {
    if (this.readyState === CLOSED) return;
    this.#world.trace.note(this.#machine.name, "has lost its WebSocket");
    const wasOpen = this.readyState === OPEN;
    this.#end();
    if (!wasOpen) this.dispatchEvent(new Event("error"));
    this.dispatchEvent(Object.assign(new Event("close"), { code: ABNORMAL_CLOSURE }));
  }

  #end(): void {
    this.readyState = CLOSED;
    this.#machine.open.delete(this);
  }
}

/** What the client asks for. */
interface Asked {
  readonly revision: number;
  readonly role: WatchRole;
}

const NEVER_MS = Number.POSITIVE_INFINITY;

/**
 * The line of one WebSocket. In each direction what was said first arrives first, however long it
 * takes; a half-open line holds everything back, for minutes or for ever, and neither end knows.
 */
class Line {
  readonly #world: World;
  readonly #socket: SimulatedSocket;
  readonly #machine: World["canceller"];
  #toServiceAtMs = 0;
  #toClientAtMs = 0;
  #frozenUntilMs = 0;
  #watch: WatchHandle | null = null;

  constructor(world: World, socket: SimulatedSocket, asked: Asked) {
    this.#world = world;
    this.#socket = socket;
    this.#machine = world.here();
    const { weather, random } = world;
    if (weather.socketRule === "refused" || weather.strikes("refused upgrade")) {
      this.#refuse();
      return;
    }
    if (weather.socketRule === "swallowed" || weather.strikes("swallowing upgrade")) {
      // Opened, or not even that, by something that never passes a word on.
      if (random.percent(50)) this.#toClient(() => socket.accept());
      this.#frozenUntilMs = NEVER_MS;
      return;
    }
    this.#toService(() => this.#upgrade(asked));
    const halfOpen = weather.halfOpens();
    if (halfOpen !== null) {
      world.scheduler.later(halfOpen.afterMs, () => {
        world.trace.note("network", `the line of ${this.#machine.name} is half open`);
        this.#frozenUntilMs = world.scheduler.nowMs + halfOpen.lastsMs;
      });
    }
    const cutsAfterMs = weather.cutsAfterMs();
    if (cutsAfterMs !== null) this.#cutAfter(cutsAfterMs);
    if (weather.socketRule === "cut") this.#cutAfter(random.whole(30, 120) * 1000);
  }

  /** The client says something; only `ping` is ever answered. */
  send(text: string): void {
    this.#toService(() => {
      if (this.#watch === null || this.#world.service.isDown) return;
      if (text !== "ping") return this.#cut();
      this.#watch.ping();
      this.#say("pong");
    });
  }

  /** The client closes its end. */
  close(): void {
    this.#toService(() => this.#hangUp());
  }

  #upgrade({ revision, role }: Asked): void {
    const { service, coverage } = this.#world;
    if (service.isDown) {
      this.#refuse();
      return;
    }
    coverage.count("WebSocket");
    this.#watch = service.watch(
      { kind: "stream", expiresAtMs: null, revision, role },
      {
        // Gone: the answer to the upgrade is a 410, which a client sees as a refusal.
        answer: () => this.#refuse(),
        open: () => this.#toClient(() => this.#socket.accept()),
        tell: (task) => {
          if (task !== null) this.#say(JSON.stringify(task));
        },
        end: () => this.#cut(),
        lose: () => {
          this.#watch = null;
          if (this.#world.random.percent(50)) this.#cut();
          else this.#frozenUntilMs = NEVER_MS;
        },
      },
    );
  }

  #say(text: string): void {
    const { weather, random, service } = this.#world;
    const isNonsense = weather.strikes("nonsense");
    const said = isNonsense ? nonsenseText(random, service.id) : text;
    this.#toClient(() => {
      if (this.#socket.readyState !== OPEN) {
        this.#world.coverage.count("late word on a dead line");
        return;
      }
      if (!isNonsense) this.#world.hear(this.#machine);
      this.#world.trace.note(this.#machine.name, `is told ${said.slice(0, 60)}`);
      this.#socket.receive(said);
    });
  }

  #cutAfter(delayMs: number): void {
    this.#world.scheduler.later(delayMs, () => {
      this.#hangUp();
      this.#cut();
    });
  }

  #cut(): void {
    this.#watch = null;
    this.#toClient(() => this.#socket.lose());
  }

  #refuse(): void {
    this.#toClient(() => this.#socket.lose());
  }

  #hangUp(): void {
    this.#watch?.leave();
    this.#watch = null;
  }

  #toService(happen: () => void): void {
    this.#toServiceAtMs = this.#after(this.#toServiceAtMs);
    this.#world.scheduler.later(this.#toServiceAtMs - this.#world.scheduler.nowMs, happen);
  }

  #toClient(happen: () => void): void {
    const { scheduler } = this.#world;
    this.#toClientAtMs = this.#after(this.#toClientAtMs);
    scheduler.later(this.#toClientAtMs - scheduler.nowMs, happen, this.#machine);
  }

  /** When something arrives that is said now. */
  #after(latestMs: number): number {
    const { scheduler, weather } = this.#world;
    return Math.max(latestMs, this.#frozenUntilMs, scheduler.nowMs) + weather.transitMs();
  }
}
