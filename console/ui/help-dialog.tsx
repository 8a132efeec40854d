import { Dialog } from "./dialog.tsx";

const KEYS = [
  [["j", "↓"], "next task"],
  [["k", "↑"], "previous task"],
  [["Enter"], "open the task"],
  [["c"], "cancel the task"],
  [["/"], "type a filter or an id"],
  [["Esc"], "go back, or close"],
  [["?"], "this list"],
] as const;

/** Lists the keyboard shortcuts. */
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
