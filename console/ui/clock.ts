import { Store, useStore } from "./store.ts";

/** By how much the service's clock is ahead of this one, in milliseconds. */
let aheadMs = 0;
/** A smaller difference comes from the time that the answer takes and from the whole seconds of the header. */
const NOTICED_MS = 2000;

/** Learns from an answer what time it is where the tasks' times come from. */
export function noteServiceTime(atMs: number): void {
  if (Number.isNaN(atMs)) return;
  const differenceMs = atMs - Date.now();
  aheadMs = Math.abs(differenceMs) > NOTICED_MS ? differenceMs : 0;
}

/** The time, by the service's clock. */
export function serviceNowMs(): number {
  return Date.now() + aheadMs;
}

const now = new Store(serviceNowMs());

/** Sets the clock that components show; one timer does for all of them. */
export function startClock(): void {
  const tick = () => {
    if (document.visibilityState === "visible") now.set(serviceNowMs());
  };
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
}

/** The time, for a component that shows how long something takes: it renders again each second. */
export function useNow(): number {
  return useStore(now);
}
