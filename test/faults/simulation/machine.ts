/** A computer with one client process: it has clocks of its own, and it can be put to sleep. */
export class Machine {
  readonly name: string;
  /** How far its wall clock is off. */
  wallOffsetMs = 0;
  /** Until then nothing runs on it; what is due meanwhile happens together, late. */
  asleepUntilMs = 0;
  /** How long it has been asleep, and will be. */
  sleptMs = 0;
  /** When its watch last got a sign of life from the service. */
  lastHeardMs = 0;
  /** Requests and sockets that its process has open. */
  readonly open = new Set<object>();

  /** When it last asked for something, a WebSocket or an answer. */
  readonly #askedAtMs: number[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Notes that it asks for something; answers how long so many questions in a row have taken. */
  ask(nowMs: number, questions: number): number {
    this.#askedAtMs.push(nowMs);
    return nowMs - (this.#askedAtMs.at(-questions) ?? Number.NEGATIVE_INFINITY);
  }

  sleep(nowMs: number, sleepMs: number): void {
    const from = Math.max(nowMs, this.asleepUntilMs);
    this.asleepUntilMs = Math.max(this.asleepUntilMs, nowMs + sleepMs);
    this.sleptMs += this.asleepUntilMs - from;
  }
}
