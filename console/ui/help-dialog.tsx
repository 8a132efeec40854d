import { Dialog } from "./dialog.tsx";

const KEYS = [
  [["j", "↓"], "next task"],
  [["k", "↑"], "previous task"],
  [["Enter"], "open the task"],
  [["c"], "cancel the task"],
  [["/"], "write a filter, or an id"],
  [["Esc"], "back, or close"],
  [["?"], "this list"],
] as const;

/** What the keyboard can do. */
export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, meaning]) => (
          <div key={meaning}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <div class="dialog-buttons">
        <button type="button" class="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
