import type { Filter } from "../route.ts";
import { useKeys } from "../ui/keys.ts";
import { OpenTask } from "./open-task.tsx";

/** The tasks: for now, the way to each of them. */
export function TasksScreen(_: { readonly filter: Filter }) {
  useKeys({ "/": focusField });
  return (
    <div class="screen narrow">
      <h1>Tasks</h1>
      <section class="card">
        <OpenTask />
        <p class="hint">
          You see its life as it happens, and can cancel it. Press <kbd>?</kbd> for the keys.
        </p>
      </section>
    </div>
  );
}

function focusField(): void {
  document.querySelector<HTMLElement>("[data-filter]")?.focus();
}
