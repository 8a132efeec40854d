import { Store, useStore } from "./store.ts";

const spoken = new Store("");

/** Announces a change to screen readers. */
export function announce(text: string): void {
  // A screen reader would not repeat the same text.
  spoken.set(spoken.value === text ? `${text}\u00a0` : text);
}

/** The live region for announcements. It has to exist before the first one. */
export function Announcer() {
  return (
    <div class="unseen" aria-live="polite" role="status" data-test="announcer">
      {useStore(spoken)}
    </div>
  );
}
