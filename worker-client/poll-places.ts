/**
 * Browsers open six connections per host over HTTP/1.1, and a Worker has six in all. Parked polls may
 * take this many, which leaves two for commands.
 */
const PLACES = 4;

/** How long a poll is parked while others wait for their turn, in seconds. */
const TURN_SECONDS = 0.6;

interface Poll {
  /** How long to park it if no other poll waits for a place, in seconds. */
  readonly waitSeconds: number;
  /** Aborts the poll. */
  readonly signal: AbortSignal;
}

/**
 * The connections on which a client parks its polls, in a runtime that has only a few. If there are
 * more watches than places, they take turns, and each hears of a cancel at its next turn.
 */
export class PollPlaces {
  /** The polls that found a free place. They stay parked until another poll waits for one. */
  readonly #preemptible = new Set<AbortController>();
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  /**
   * Parks a poll as soon as there is a place. `ask` gets how long to wait, in seconds. Returns its
   * result, or undefined if the poll had to make room for another one.
   */
  async park<Answer>(
    { waitSeconds, signal }: Poll,
    ask: (waitSeconds: number, signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    if (!hasFewConnections()) return ask(waitSeconds, signal);
    const isPreemptible = this.#taken < PLACES;
    if (isPreemptible) this.#taken++;
    else await this.#turn(signal);
    const turn = new AbortController();
    const giveUp = () => turn.abort(signal.reason);
    signal.addEventListener("abort", giveUp);
    if (isPreemptible) this.#preemptible.add(turn);
    try {
      const turnSeconds = isPreemptible ? waitSeconds : Math.min(waitSeconds, TURN_SECONDS);
      return await ask(turnSeconds, turn.signal);
    } catch (error) {
      if (turn.signal.aborted && !signal.aborted) return undefined;
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
      this.#preemptible.delete(turn);
      this.#leave();
    }
  }

  /** Hands the place to the next poll that waits, or frees it. */
  #leave(): void {
    const [enter] = this.#waiting;
    if (enter === undefined) this.#taken--;
    else enter();
  }

  /** Waits for a place, for which a preemptible poll has to make room. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        this.#waiting.delete(enter);
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#waiting.add(enter);
      const [first] = this.#preemptible;
      first?.abort();
    });
  }
}

/** Whether the runtime opens only a handful of connections at a time. */
export function hasFewConnections(): boolean {
  // Node 20 has no navigator.
  const { userAgent = "" } = globalThis.navigator ?? {};
  return /^(Mozilla|Cloudflare-Workers)/.test(userAgent);
}
