import { useEffect } from "preact/hooks";
import { type Filter, hashOf } from "../route.ts";
import { lastList } from "../service/session.ts";
import { LiveStats } from "../service/stats.ts";
import { useKeys } from "../ui/keys.ts";
import { useLiving } from "../ui/live.ts";
import { Message } from "../ui/states.tsx";
import { useStore } from "../ui/store.ts";
import { FilterBar } from "./filter-bar.tsx";
import { OpenTask } from "./open-task.tsx";
import { TaskList } from "./task-list.tsx";

/** The list of tasks, with its filter. */
export function TasksScreen({ filter }: { readonly filter: Filter }) {
  const stats = useStore(useLiving(() => new LiveStats(), []).stats);
  useKeys({ "/": focusFilter, Escape: () => location.replace("#/tasks") });
  useEffect(() => lastList.set(hashOf({ screen: "tasks", filter })), [filter]);
  return (
    <div class="tasks-screen">
      <h1 class="unseen">Tasks</h1>
      <FilterBar filter={filter} stats={stats} />
      <TaskList filter={filter} withoutDirectory={<WithoutDirectory />} />
    </div>
  );
}

function focusFilter(): void {
  const field = document.querySelector<HTMLInputElement>("[data-filter]");
  field?.focus();
  field?.select();
}

function WithoutDirectory() {
  return (
    <Message title="This service keeps no list of its tasks">
      <p>
        Its directory is off (<code>DIRECTORY = "off"</code>). You can still open a task by its id:
      </p>
      <OpenTask />
    </Message>
  );
}
