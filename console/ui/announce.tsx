import { Store, useStore } from "./store.ts";

const spoken = new Store("");

/** Lets a screen reader say what has changed, in a few words. */
export function announce(text: string): void {
  // The same words twice would be no change, and not be said.
  spoken.set(spoken.value === text ? `${text}\u00a0` : text);
}

/** Where it is said. It has to be there before the first change. */
export function Announcer() {
  return (
    <div class="unseen" aria-live="polite" role="status" data-test="announcer">
      {useStore(spoken)}
    </div>
  );
}
