import { useId } from "preact/hooks";
import { escapeTaskId } from "../../worker-client/task-id.ts";
import { serviceNowMs } from "./clock.ts";
import { clockTime } from "./time.ts";

interface FieldProps {
  readonly label: string;
  /** Whether the label is visible. If not, it is the placeholder. Default: false. */
  readonly isLabelled?: boolean;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

interface NameFieldProps extends FieldProps {
  /** Suggested names. */
  readonly names?: readonly string[];
}

/** A filter field for the name of a queue or a task. */
export function NameField({ label, isLabelled = false, value, names, onChange }: NameFieldProps) {
  const field = useId();
  return (
    <div class="filter-field">
      <label class={isLabelled ? undefined : "unseen"} for={field}>
        {label}
      </label>
      <input
        key={value}
        id={field}
        class="input mono"
        type="text"
        list={names && `${field}-list`}
        placeholder={isLabelled ? undefined : label}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        defaultValue={value}
        onChange={(event) => onChange(escapeTaskId(event.currentTarget.value.trim()))}
      />
      {names && (
        <datalist id={`${field}-list`}>
          {names.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      )}
    </div>
  );
}

const MINUTE_MS = 60_000;

const SPANS = [
  ["Last hour", 60 * MINUTE_MS],
  ["Last day", 24 * 60 * MINUTE_MS],
  ["Last week", 7 * 24 * 60 * MINUTE_MS],
] as const;

/** A filter field for the age of tasks. Its value is a time, so that a shared link keeps its meaning. */
export function SinceField({ label, isLabelled = false, value, onChange }: FieldProps) {
  const field = useId();
  const nowMs = serviceNowMs();
  return (
    <div class="filter-field">
      <label class={isLabelled ? undefined : "unseen"} for={field}>
        {label}
      </label>
      <select
        id={field}
        class="input"
        value={value}
        onChange={({ currentTarget: { value: chosen } }) =>
          onChange(/^\d+$/.test(chosen) ? timeBefore(nowMs, Number(chosen)) : chosen)
        }
      >
        <option value="">Any age</option>
        {SPANS.map(([words, ms]) => (
          <option key={ms} value={ms}>
            {words}
          </option>
        ))}
        {value !== "" && <option value={value}>Since {clockTime(value, nowMs)}</option>}
      </select>
    </div>
  );
}

/** Rounded to a minute, to keep the URL short. */
function timeBefore(nowMs: number, ms: number): string {
  const atMs = Math.floor((nowMs - ms) / MINUTE_MS) * MINUTE_MS;
  return new Date(atMs).toISOString().replace(":00.000Z", ":00Z");
}
