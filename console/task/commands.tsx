import { token } from "../service/session.ts";
import { taskCommands } from "../ui/commands.ts";
import { CopyButton } from "../ui/copy.tsx";
import { useStore } from "../ui/store.ts";

interface CommandsProps {
  readonly id: string;
  readonly reason: string;
}

/** The commands that do the same in a terminal. */
export function Commands({ id, reason }: CommandsProps) {
  const hasToken = useStore(token) !== null;
  const commands = taskCommands(id, reason, { origin: location.origin, hasToken });
  return (
    <section class="card" aria-labelledby="commands-title">
      <h2 id="commands-title">The same in a terminal</h2>
      {commands.map(({ title, line }) => (
        <div class="data-part" key={title}>
          <div class="data-head">
            <h3>{title}</h3>
            <CopyButton text={line} what={`the command: ${title.toLowerCase()}`} />
          </div>
          <pre class="data data-command">{line}</pre>
        </div>
      ))}
    </section>
  );
}
