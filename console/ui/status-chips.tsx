import type { TaskStatus } from "../../worker-client/protocol.ts";
import { LOOK } from "./status.ts";
import { StatusMark } from "./status-badge.tsx";

interface StatusChipsProps {
  readonly statuses: readonly TaskStatus[];
  readonly chosen: readonly TaskStatus[];
  readonly onChange: (chosen: readonly TaskStatus[]) => void;
  /** The number of tasks with a status, in compact form, or null if it is unknown. */
  readonly countOf?: (status: TaskStatus) => string | null;
}

/** Toggle buttons to choose statuses. */
export function StatusChips({ statuses, chosen, onChange, countOf }: StatusChipsProps) {
  const toggle = (status: TaskStatus) => {
    const others = chosen.filter((one) => one !== status);
    onChange(others.length < chosen.length ? others : [...chosen, status]);
  };
  return (
    <fieldset class="chips">
      <legend class="unseen">Status</legend>
      {statuses.map((status) => {
        const count = countOf?.(status) ?? null;
        return (
          <button
            key={status}
            type="button"
            class={`chip tone-${LOOK[status].tone}`}
            aria-pressed={chosen.includes(status)}
            onClick={() => toggle(status)}
          >
            <StatusMark mark={LOOK[status].mark} />
            {LOOK[status].word}
            {count !== null && <span class="chip-count">{count}</span>}
          </button>
        );
      })}
    </fieldset>
  );
}
