import { useId, useState } from "preact/hooks";
import { setToken } from "../service/session.ts";

/** Asks for a token for this tab. */
export function TokenForm() {
  const id = useId();
  const [text, setText] = useState("");
  const token = text.trim().replace(/^Bearer +/i, "");
  const isOne = /^[^\s,]+$/.test(token);
  return (
    <form
      class="token-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (isOne) setToken(token);
      }}
    >
      <label for={id}>Token</label>
      <div class="field-row">
        <input
          id={id}
          class="input mono"
          type="password"
          autocomplete="off"
          spellcheck={false}
          value={text}
          aria-describedby={`${id}-help`}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" class="button button-primary" disabled={!isOne}>
          Use it
        </button>
      </div>
      <p class="hint" id={`${id}-help`}>
        It stays in this tab, is sent to this service only, and is gone when you close the tab. Make
        one with <code>npm run -s token</code>.
      </p>
    </form>
  );
}
