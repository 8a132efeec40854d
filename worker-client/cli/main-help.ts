import { COMMAND_LIST } from "./command-list.ts";
import { COMMON_HELP } from "./common-help.ts";

/** The help of `edge-canceler` itself. */
export async function mainHelp(): Promise<string> {
  const commands = await Promise.all(Array.from(COMMAND_LIST.values(), (load) => load()));
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Cancel a running task, anywhere, over HTTPS.

  edge-canceler COMMAND [OPTION…] [ARGUMENT…]

Commands (edge-canceler COMMAND --help says more):
${lines.join("\n")}

${COMMON_HELP}
  -v, --version      the version of edge-canceler

Durations are written 90s, 5m, 2h30m or 1d.`;
}
