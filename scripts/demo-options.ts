import { parseArgs } from "node:util";

const HELP = `Cancels three workers, on Node, Deno and Bun, one of them while its line is cut; takes five seconds.

  npm run demo -- [--auth]

  --auth  on a service that is closed, with a secret made for this run: each worker has a token that
          is good for its own task, whoever tries another's is refused, and the receipt names who cancelled
  --help  this text`;

interface DemoOptions {
  /** Whether the service asks for a token. */
  readonly isClosed: boolean;
}

/** What `npm run demo` was asked to show; null if the user asks for help, which they get. */
export function demoOptions(): DemoOptions | null {
  const { values } = parseArgs({
    options: {
      auth: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (!values.help) return { isClosed: values.auth };
  console.log(HELP);
  return null;
}
