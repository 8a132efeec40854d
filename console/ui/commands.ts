/** A line to type in a shell, which does the same as the console. */
export interface ShellCommand {
  readonly title: string;
  readonly line: string;
}

const PLAIN = /^[\w./:+@,][\w./~:+@=,-]*$/;

/** Writes an argument so that a POSIX shell takes it for one word, whatever is in it. */
export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

interface Context {
  /** The address of the service. */
  readonly origin: string;
  readonly hasToken: boolean;
}

/** What does with a task what its screen does. A token is named, never shown. */
export function taskCommands(
  id: string,
  reason: string,
  { origin, hasToken }: Context,
): readonly ShellCommand[] {
  const url = `${origin}/v1/tasks/${encodeURIComponent(id)}`;
  const curl = `curl${hasToken ? ' -H "Authorization: Bearer $EDGE_CANCELER_TOKEN"' : ""}`;
  const body = reason === "" ? "" : ` -d ${shellWord(JSON.stringify({ reason }))}`;
  const said = reason === "" ? "" : ` --reason ${shellWord(reason)}`;
  // The command would take an id that begins with a dash for an option.
  const commands = id.startsWith("-")
    ? []
    : [
        {
          title: "Cancel, and wait for the receipt",
          line: `cancel ${shellWord(id)}${said} --wait`,
        },
        { title: "Watch", line: `watch ${shellWord(id)}` },
      ];
  const server = `--url ${shellWord(origin)}`;
  return [
    ...commands.map(({ title, line }) => ({ title, line: `edge-canceler ${line} ${server}` })),
    { title: "Cancel with curl", line: `${curl} -X POST ${shellWord(`${url}/cancel`)}${body}` },
    {
      title: "Watch with curl",
      line: `${curl} -N -H 'Accept: text/event-stream' ${shellWord(`${url}?observe=true`)}`,
    },
  ];
}
