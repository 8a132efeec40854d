import { Store, useStore } from "./store.ts";

/** Milliseconds that the service's clock is ahead of this one. */
let aheadMs = 0;
/** A smaller difference comes from the network and from the whole seconds of the `Date` header. */
const NOTICED_MS = 2000;

/** Corrects the clock by the `Date` of a response, since the times of tasks come from the service. */
export function noteServiceTime(atMs: number): void {
  if (Number.isNaN(atMs)) return;
  const differenceMs = atMs - Date.now();
  aheadMs = Math.abs(differenceMs) > NOTICED_MS ? differenceMs : 0;
}

/** The current time by the service's clock. */
export function serviceNowMs(): number {
  return Date.now() + aheadMs;
}

const now = new Store(serviceNowMs());

/** Starts the one timer that updates all components that show the time. */
export function startClock(): void {
  const tick = () => {
    if (document.visibilityState === "visible") now.set(serviceNowMs());
  };
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
}

/** The current time by the service's clock. The component renders again each second. */
export function useNow(): number {
  return useStore(now);
}
