import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundleWorker } from "./bundle-worker.ts";
import { LockedFolder, requireWritableFolder } from "./data-folder.ts";
import { emptyFolder, projectFolder, userPath } from "./folders.ts";
import { isEnding, keepServing } from "./keep-serving.ts";
import { readPort, requireFreePort } from "./port.ts";
import { serviceVars } from "./settings.ts";
import { canSweepWhileServing, keepSweeping, sweepIdle, tidyFolder } from "./unused-files.ts";

const HELP = `Serves edge-canceler on this machine, on plain workerd, with its state on disk.

  npm start -- [--port N] [--data DIR]

  --port N    the port on 127.0.0.1; 0 takes any free one (default: 8080)
  --data DIR  the folder for the state; one service at a time (default: .data)
  --help      this text

No token is required, unless the environment has a key: AUTH_SECRET (at least 32 bytes; npm run token
makes tokens with it), or AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL (OpenID Connect). Then the service
is closed to everybody without a token. It also reads AUTH_SECRET_PREVIOUS, AUTH_CLAIMS, CORS_ORIGINS and
WEBHOOK_HOSTS.

  AUTH_SECRET=$(openssl rand -base64 32) npm start

Each request is logged as a line of JSON on stdout. Ctrl-C stops the service. What it has acknowledged is
in the folder, and is there at the next start.`;

/** A name that no class of objects can have, since each class has a folder of its name there. */
const BUNDLE = ".bundle";
const FEW_OPEN_FILES = 4096;
const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

async function start(): Promise<void> {
  const { port, dataFolder } = readOptions();
  const { vars, keys } = serviceVars(process.env);
  const end = new AbortController();
  for (const signal of END_SIGNALS) process.on(signal, () => end.abort());
  try {
    await requireFreePort(port);
    await requireWritableFolder(dataFolder);
    using lock = await LockedFolder.take(dataFolder);
    const folder = join(dataFolder, BUNDLE);
    // Removed before the data folder is unlocked, since the next start uses the same path.
    using _emptied = emptyFolder(folder);
    const openFiles = openFilesLimit();
    if (openFiles < FEW_OPEN_FILES) console.error(fewOpenFiles(openFiles));
    let isReady = false;
    await keepServing({
      bundle: await bundleWorker({ folder }),
      dataFolder,
      port,
      vars,
      requests: "print",
      inherited: lock.lifeline,
      signal: end.signal,
      async prepare() {
        tidyFolder(dataFolder);
        await sweepIdle(dataFolder);
      },
      onServing: async ({ url, process: { pid } }, signal) => {
        if (pid === undefined) throw new Error("workerd is listening, but has no process ID");
        lock.note(pid);
        if (isReady) console.error(`serving again on ${url}`);
        else console.log(welcome({ url, dataFolder, keys }));
        isReady = true;
        if (canSweepWhileServing) await keepSweeping(dataFolder, { pid, signal });
      },
    });
  } catch (error) {
    if (!(await isEnding(end.signal))) throw error;
  }
}

/** How many files workerd may have open. Node has already raised the limit as far as possible. */
function openFilesLimit(): number {
  const limit = execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim();
  return limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit);
}

function fewOpenFiles(limit: number): string {
  return `only ${limit} files may be open at once (ulimit -n): a connection takes one, and a task that was used in the last ten seconds takes four. Beyond the limit, requests fail, or workerd ends and is restarted.`;
}

function readOptions(): { port: number; dataFolder: string } {
  const values = parsedOptions();
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const port = readPort(values.port);
  if (values.data === undefined) return { port, dataFolder: join(projectFolder, ".data") };
  return { port, dataFolder: userPath(values.data) };
}

function parsedOptions() {
  try {
    return parseArgs({
      options: {
        port: { type: "string", default: "8080" },
        data: { type: "string" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    // Without --, npm keeps an option for itself, and passes on only its value.
    throw new Error(`${why}: npm start -- [--port N] [--data DIR]`, { cause });
  }
}

interface WelcomeOptions {
  readonly url: string;
  readonly dataFolder: string;
  /** The variables that decide which tokens are valid. If there are none, the service is open. */
  readonly keys: readonly string[];
}

/** The text that `npm start` prints when it is ready: the address, who has access, and what to try. */
function welcome({ url, dataFolder, keys }: WelcomeOptions): string {
  const isOpen = keys.length === 0;
  const access = isOpen
    ? "no token is required: every process here can cancel any task (AUTH_SECRET closes it)"
    : `tokens are checked against ${keys.join(" and ")}`;
  const curl = isOpen ? "curl" : 'curl -H "Authorization: Bearer $TOKEN"';
  return `ready ${url} (state in ${dataFolder})
${access}

  ${curl} ${url}/watch-task/1234    # prints true once task 1234 is cancelled, or false after 5 s
  ${curl} ${url}/cancel-task/1234   # cancels it

console ${url}/console
`;
}

try {
  await start();
  // npm forwards Ctrl-C a second time, which would kill Node while it cleans up. Exiting now avoids that.
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
