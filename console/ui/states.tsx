import type { ComponentChildren } from "preact";
import { retryNow } from "../service/line.ts";
import type { ServiceError } from "../service/service.ts";
import { TokenForm } from "./token-form.tsx";

interface MessageProps {
  readonly title: string;
  readonly kind?: "plain" | "bad";
  readonly children?: ComponentChildren;
}

/** A message in place of content. */
export function Message({ title, kind = "plain", children }: MessageProps) {
  return (
    <section class={`message message-${kind}`} role={kind === "bad" ? "alert" : undefined}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** A loading indicator. It appears only if loading takes a while. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <p class="loading" role="status">
      <span class="loading-bar" aria-hidden="true" />
      Loading {what}…
    </p>
  );
}

/** Says why something cannot be shown, and what to do about it. */
export function Failure({ error }: { readonly error: ServiceError }) {
  switch (error.problem) {
    case "unauthorized":
      return (
        <Message title="This service requires a token">
          <p>{error.message}</p>
          <TokenForm />
        </Message>
      );
    case "forbidden":
      return (
        <Message title="Your token does not allow this">
          <p>{error.message}</p>
          <p>
            <a href="#/settings">Use another token</a>
          </p>
        </Message>
      );
    case "closed":
      return (
        <Message title="This service is closed">
          <p>{error.message}</p>
        </Message>
      );
    default:
      break;
  }
  const isOffline = error.status === 0;
  return (
    <Message kind="bad" title={isOffline ? "The service cannot be reached" : "That did not work"}>
      <p>{error.message}</p>
      {error.isPassing && (
        <p>
          The console retries by itself.{" "}
          <button type="button" class="button" onClick={retryNow}>
            Try now
          </button>
        </p>
      )}
    </Message>
  );
}
