import { watchByClient } from "./load/watch-by-client.ts";
import { watchByEvents } from "./load/watch-by-events.ts";
import { watchByPolls } from "./load/watch-by-polls.ts";
import type { Mode } from "./mode.ts";

/** The proxies' minute, less a little: the client's own wait, and the service's. */
const DEFAULT_WAIT_SECONDS = 55;
/** What wrangler.toml says for /watch-task. */
const WATCH_TASK_WAIT_SECONDS = 5;
const DAY_SECONDS = 86_400;

interface Options {
  /** The waits of the long polls, in seconds. */
  readonly waitsSeconds: readonly number[];
  /** How often a WebSocket pings, and how long the naive poll is parked. */
  readonly defaultWaitSeconds?: number;
}

/** Every mode that is measured. */
export function modes({
  waitsSeconds,
  defaultWaitSeconds = DEFAULT_WAIT_SECONDS,
}: Options): Mode[] {
  const service = { build: "service", timeoutSeconds: null, targetDollars: null } as const;
  const longPoll = (waitSeconds: number): Mode => ({
    ...service,
    name: `long poll, ${waitSeconds} s`,
    periodSeconds: waitSeconds,
    watch: (load) => watchByClient(load, { way: "long poll", waitSeconds }),
    targetDollars: waitSeconds === DEFAULT_WAIT_SECONDS ? 110 : null,
  });
  const polls = (waitSeconds: number): Pick<Mode, "periodSeconds" | "watch"> => ({
    periodSeconds: waitSeconds,
    watch: (load) => watchByPolls(load, waitSeconds),
  });
  return [
    {
      ...service,
      name: "WebSocket",
      periodSeconds: defaultWaitSeconds,
      watch: (load) => watchByClient(load, { way: "WebSocket", waitSeconds: defaultWaitSeconds }),
      targetDollars: 0.5,
      hasToSleep: true,
    },
    {
      ...service,
      name: "server-sent events",
      // Its comments are the Worker's own, so any window will do.
      periodSeconds: 1,
      watch: watchByEvents,
    },
    ...waitsSeconds.map(longPoll),
    {
      ...longPoll(defaultWaitSeconds),
      name: `long poll, ${defaultWaitSeconds} s, task with a deadline`,
      timeoutSeconds: DAY_SECONDS,
    },
    {
      ...service,
      name: `the article's /watch-task, ${WATCH_TASK_WAIT_SECONDS} s`,
      ...polls(WATCH_TASK_WAIT_SECONDS),
    },
    {
      ...service,
      build: "naive",
      name: `naive: parked in the object, ${defaultWaitSeconds} s`,
      ...polls(defaultWaitSeconds),
    },
  ];
}
