/** A shell command that does the same as the console. */
interface ShellCommand {
  readonly title: string;
  readonly line: string;
}

const PLAIN = /^[\w./:+@,][\w./~:+@=,-]*$/;

/** Quotes an argument for a POSIX shell, if necessary. */
function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

interface Context {
  /** The address of the service. */
  readonly origin: string;
  readonly hasToken: boolean;
}

/** The commands for a task. They contain the token's variable, never the token. */
export function taskCommands(
  id: string,
  reason: string,
  { origin, hasToken }: Context,
): readonly ShellCommand[] {
  const url = `${origin}/v1/tasks/${encodeURIComponent(id)}`;
  const curl = `curl${hasToken ? ' -H "Authorization: Bearer $EDGE_CANCELER_TOKEN"' : ""}`;
  const body = reason === "" ? "" : ` -d ${shellWord(JSON.stringify({ reason }))}`;
  const said = reason === "" ? "" : ` --reason ${shellWord(reason)}`;
  // The command would take an id with a leading dash for an option.
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
