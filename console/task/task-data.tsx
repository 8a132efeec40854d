import type { JsonValue, TaskState } from "../../worker-client/protocol.ts";
import { CopyButton } from "../ui/copy.tsx";
import { isThere, shareOf, textOfJson } from "./json.ts";

/** Longer values start folded. */
const LONG_CHARACTERS = 1200;

/** The task's input, progress, result and metadata. */
export function TaskData({ task }: { readonly task: TaskState }) {
  const parts = [
    { title: "Error", value: task.error },
    { title: "Result", value: task.result },
    { title: "Progress", value: task.progress },
    { title: "Input", value: task.input },
    { title: "Metadata", value: task.metadata },
  ];
  const shown = parts.flatMap(({ title, value }) => (isThere(value) ? [{ title, value }] : []));
  if (shown.length === 0) return null;
  return (
    <section class="card" aria-labelledby="data-title">
      <h2 id="data-title">Data</h2>
      {shown.map(({ title, value }) => (
        <Part key={title} title={title} value={value} />
      ))}
    </section>
  );
}

interface PartProps {
  readonly title: string;
  readonly value: JsonValue;
}

function Part({ title, value }: PartProps) {
  const text = textOfJson(value);
  const share = title === "Progress" ? shareOf(value) : null;
  const data = <pre class={`data ${title === "Error" ? "data-bad" : ""}`}>{text}</pre>;
  return (
    <div class="data-part">
      <div class="data-head">
        <h3>{title}</h3>
        <CopyButton text={text} what={`the ${title.toLowerCase()}`} />
      </div>
      {share !== null && (
        <progress max={1} value={share} aria-label="Progress">
          {`${Math.round(share * 100)} %`}
        </progress>
      )}
      {text.length > LONG_CHARACTERS ? (
        <details>
          <summary>{`${text.length} characters`}</summary>
          {data}
        </details>
      ) : (
        data
      )}
    </div>
  );
}
