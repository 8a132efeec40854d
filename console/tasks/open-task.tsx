import { useId, useState } from "preact/hooks";
import { escapeTaskId, TASK_ID_PATTERN, TASK_ID_RULE } from "../../worker-client/task-id.ts";
import { hashOf } from "../route.ts";

/** Opens a task by its id. */
export function OpenTask() {
  const field = useId();
  const [text, setText] = useState("");
  const id = escapeTaskId(text.trim());
  const isWrong = text.trim() !== "" && !TASK_ID_PATTERN.test(id);
  return (
    <form
      class="open-task"
      onSubmit={(event) => {
        event.preventDefault();
        if (id !== "" && !isWrong) location.hash = hashOf({ screen: "task", id });
      }}
    >
      <label for={field}>Task id</label>
      <div class="field-row">
        <input
          id={field}
          class="input mono"
          type="text"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          data-filter
          value={text}
          aria-invalid={isWrong}
          aria-describedby={`${field}-help`}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" class="button button-primary" disabled={id === "" || isWrong}>
          Open
        </button>
      </div>
      <p class="hint" id={`${field}-help`}>
        {isWrong
          ? `This cannot be an id: ${TASK_ID_RULE}.`
          : "Any id works, even one that nobody has declared yet."}
      </p>
    </form>
  );
}
