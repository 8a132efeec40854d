/** Things that arrive one by one, and somebody who takes them one by one, in that order. */
export class Arrivals<Thing> {
  readonly #arrived: Thing[] = [];
  readonly #takers: ((thing: Thing) => void)[] = [];

  /** How many have arrived that nobody has taken. */
  get left(): number {
    return this.#arrived.length;
  }

  add(thing: Thing): void {
    const taker = this.#takers.shift();
    if (taker) taker(thing);
    else this.#arrived.push(thing);
  }

  /** The next one, as soon as there is one. */
  next(): Promise<Thing> {
    const thing = this.#arrived.shift();
    if (thing !== undefined) return Promise.resolve(thing);
    return new Promise((resolve) => this.#takers.push(resolve));
  }
}
