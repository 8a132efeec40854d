import { useEffect, useState } from "preact/hooks";
import { ask, asServiceError, type ServiceError } from "./service.ts";

/** The state of a request. */
type Answered<Answer> =
  | { readonly kind: "waiting" }
  | { readonly kind: "ready"; readonly answer: Answer }
  | { readonly kind: "failed"; readonly error: ServiceError };

/**
 * Fetches a path, and again whenever the key changes. The last response stays until the next one, so
 * nothing flickers.
 */
export function useAnswer<Answer>(path: string, key: string): Answered<Answer> {
  const [state, setState] = useState<Answered<Answer>>({ kind: "waiting" });
  useEffect(() => {
    const left = new AbortController();
    ask<Answer>(path, { signal: left.signal }).then(
      (answer) => setState({ kind: "ready", answer }),
      (thrown) => {
        if (left.signal.aborted) return;
        const error = asServiceError(thrown);
        setState((shown) =>
          error.isPassing && shown.kind === "ready" ? shown : { kind: "failed", error },
        );
      },
    );
    return () => left.abort();
  }, [path, key]);
  return state;
}
