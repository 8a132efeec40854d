import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Chances that a seed decides: the same seed makes the same ones. */
export class SeededRandom {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
  }

  /** From 0 up to, but not, 1, as `Math.random`. */
  fraction(): number {
    return (this.#generator.next() >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** True so often in a hundred. */
  percent(share: number): boolean {
    return this.fraction() * 100 < share;
  }

  /** One of several. */
  one<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.whole(0, items.length - 1)] ?? items[0];
  }
}
