import type { Bench } from "./bench.ts";
import type { Side } from "./load/side.ts";
import { Stand } from "./stand.ts";

type Each<Result> = { readonly [side in Side]: Result };

/** The floor and the service, up side by side. */
export class Pair implements AsyncDisposable {
  readonly floor: Stand;
  readonly product: Stand;
  readonly #productFirst: boolean;

  private constructor(floor: Stand, product: Stand, productFirst: boolean) {
    this.floor = floor;
    this.product = product;
    this.#productFirst = productFirst;
  }

  /** Who goes first changes with the round, so that neither always finds the machine as the other left it. */
  static async start(bench: Bench, round = 0): Promise<Pair> {
    const floor = await Stand.start(bench, "floor");
    return new Pair(floor, await Stand.start(bench, "product"), round % 2 === 1);
  }

  /** Does the same with one side and then with the other. */
  async inTurn<Result>(act: (stand: Stand) => Promise<Result>): Promise<Each<Result>> {
    if (this.#productFirst) {
      const product = await act(this.product);
      return { floor: await act(this.floor), product };
    }
    const floor = await act(this.floor);
    return { floor, product: await act(this.product) };
  }

  /** Does the same with both at once: for what is not timed. */
  async atOnce<Result>(act: (stand: Stand) => Promise<Result>): Promise<Each<Result>> {
    const [floor, product] = await Promise.all([act(this.floor), act(this.product)]);
    return { floor, product };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.floor[Symbol.asyncDispose]();
    await this.product[Symbol.asyncDispose]();
  }
}
