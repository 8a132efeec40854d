import { setTheme, setToken, type Theme, theme, token } from "../service/session.ts";
import { useNow } from "../ui/clock.ts";
import { useNoLine } from "../ui/live.ts";
import { useStore } from "../ui/store.ts";
import { clockTime } from "../ui/time.ts";
import { TokenForm } from "../ui/token-form.tsx";
import { claimsOf } from "./claims.ts";

const THEMES: readonly { readonly value: Theme; readonly title: string }[] = [
  { value: "system", title: "System" },
  { value: "light", title: "Light" },
  { value: "dark", title: "Dark" },
];

/** The token of this tab, and the theme. */
export function SettingsScreen() {
  useNoLine();
  const current = useStore(token);
  const look = useStore(theme);
  return (
    <div class="screen narrow">
      <h1>Settings</h1>
      <section class="card" aria-labelledby="token-title">
        <h2 id="token-title">Token</h2>
        {current === null ? <TokenForm /> : <CurrentToken token={current} />}
      </section>
      <section class="card" aria-labelledby="theme-title">
        <h2 id="theme-title">Theme</h2>
        <fieldset class="choices">
          <legend class="unseen">Theme</legend>
          {THEMES.map(({ value, title }) => (
            <label key={value}>
              <input
                type="radio"
                name="theme"
                value={value}
                checked={look === value}
                onChange={() => setTheme(value)}
              />
              <span>{title}</span>
            </label>
          ))}
        </fieldset>
      </section>
    </div>
  );
}

/** Shows the claims of a token. Only the service verifies them. */
function CurrentToken({ token: current }: { readonly token: string }) {
  const nowMs = useNow();
  const claims = claimsOf(current);
  const isOver = claims?.expiresAtMs != null && claims.expiresAtMs < nowMs;
  return (
    <>
      {claims === null ? (
        <p>This tab has a token, but the console cannot read what it allows.</p>
      ) : (
        <dl class="facts">
          <Claim name="Subject" value={claims.subject} />
          <Claim name="Allows" value={claims.scope} />
          <Claim name="Tasks" value={claims.tasks} />
          <Claim name="Queues" value={claims.queues} />
          {claims.expiresAtMs !== null && (
            <Claim
              name={isOver ? "Expired" : "Expires"}
              value={clockTime(claims.expiresAtMs, nowMs)}
            />
          )}
        </dl>
      )}
      <p class="hint">It is kept in this tab only, and sent to this service only.</p>
      <button type="button" class="button" onClick={() => setToken(null)}>
        Forget it
      </button>
    </>
  );
}

function Claim({ name, value }: { readonly name: string; readonly value: string }) {
  if (value === "") return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd class="mono">{value}</dd>
    </div>
  );
}
