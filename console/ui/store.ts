import { useLayoutEffect, useReducer } from "preact/hooks";

/** A value that components can subscribe to. */
export class Store<Value> {
  #value: Value;
  readonly #listeners = new Set<() => void>();

  constructor(value: Value) {
    this.#value = value;
  }

  get value(): Value {
    return this.#value;
  }

  set(value: Value): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Calls the listener on each change. Returns a function that unsubscribes. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Renders the component again whenever the store changes. */
export function useStore<Value>(store: Store<Value>): Value {
  const [, render] = useReducer<number, void>((count) => count + 1, 0);
  const rendered = store.value;
  useLayoutEffect(() => {
    // It may have changed since the render.
    if (!Object.is(rendered, store.value)) render();
    return store.subscribe(() => render());
  }, [store]);
  return rendered;
}
