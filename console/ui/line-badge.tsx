import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { type Line, line, retryNow } from "../service/line.ts";
import { announce } from "./announce.tsx";
import { useStore } from "./store.ts";

const WORDS: { readonly [state in Line]: string } = {
  live: "Live",
  connecting: "Connecting…",
  waiting: "Reconnecting…",
  refused: "Not connected",
  idle: "",
};

/** Shows in the page header whether the page is up to date. */
export function LineBadge() {
  const state = useStore(line);
  const isOnline = useOnline();
  const [wasCut, setCut] = useState(false);
  useEffect(() => {
    if (state === "waiting") {
      setCut(true);
      announce("The connection was lost. What you see may be out of date.");
    } else if (state === "live" && wasCut) {
      setCut(false);
      announce("Connected again.");
    }
  }, [state]);
  if (state === "idle") return <span class="line" />;
  const word = isOnline || state === "live" ? WORDS[state] : "Offline";
  return (
    <span class={`line line-${state}`} data-test="line">
      <span class="line-dot" aria-hidden="true" />
      {word}
      {state === "waiting" && (
        <button type="button" class="link-button" onClick={retryNow}>
          Try now
        </button>
      )}
    </span>
  );
}

/** Whether the browser considers itself online. */
function useOnline(): boolean {
  const [isOnline, setOnline] = useState(navigator.onLine);
  useLayoutEffect(() => {
    const follow = () => setOnline(navigator.onLine);
    window.addEventListener("online", follow);
    window.addEventListener("offline", follow);
    return () => {
      window.removeEventListener("online", follow);
      window.removeEventListener("offline", follow);
    };
  }, []);
  return isOnline;
}
