import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { authVars } from "./auth-vars.ts";
import { bundleWorker } from "./bundle-worker.ts";
import { lockFolder } from "./lock-folder.ts";
import { projectFolder } from "./project-folder.ts";
import { requireFreePort } from "./require-free-port.ts";
import { requireWritableFolder } from "./require-writable-folder.ts";
import { serveBundle } from "./serve-bundle.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { userPath } from "./user-path.ts";

const HELP = `Serves edge-canceler on this machine, on plain workerd, with its state on disk.

  npm start -- [--port N] [--data DIR]

  --port N    where to listen on 127.0.0.1; 0: any free port (default: 8080)
  --data DIR  the folder that keeps the state; one service at a time (default: .data)
  --help      this text

Without a key it is open to whoever reaches the port. With AUTH_SECRET (or AUTH_JWKS_URL and what
belongs to it) in the environment, only who has a token gets in, as in a deployment.

Ctrl-C ends it. What was acknowledged is in the folder and is there at the next start.`;

const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

async function start(): Promise<void> {
  const { port, dataFolder } = readOptions();
  const end = new AbortController();
  for (const signal of END_SIGNALS) process.on(signal, () => end.abort());
  try {
    const { vars, isOpen } = authVars(process.env);
    await requireFreePort(port);
    await requireWritableFolder(dataFolder);
    using _lock = lockFolder(dataFolder);
    const bundle = await bundleWorker({ folder: temporaryFolder(), signal: end.signal });
    const service = await serveBundle({
      bundle,
      dataFolder,
      port,
      vars,
      signal: end.signal,
    });
    console.log(readyText(service.url, dataFolder, isOpen));
    const [code, signal] = await once(service.process, "exit");
    if (!end.signal.aborted) throw new Error(`workerd ended by itself (${signal ?? code})`);
  } catch (error) {
    if (!end.signal.aborted) throw error;
  }
}

function readyText(url: string, dataFolder: string, isOpen: boolean): string {
  const header = isOpen ? "" : '-H "Authorization: Bearer $TOKEN" ';
  const access = isOpen
    ? "No token is asked for: whoever reaches this port can cancel anything. Set AUTH_SECRET to change that."
    : "Who has no token gets nothing: mint one with npm run -s token -- --help";
  return `ready ${url} (state in ${dataFolder})
${access}

  curl ${header}${url}/watch-task/1234    # says true once task 1234 is cancelled, false after 5 s
  curl ${header}${url}/cancel-task/1234   # cancels it
`;
}

function readOptions(): { port: number; dataFolder: string } {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8080" },
      data: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) {
    throw new Error(`--port must be a number from 0 to 65535, not "${values.port}"`);
  }
  if (values.data === undefined) return { port, dataFolder: join(projectFolder, ".data") };
  return { port, dataFolder: userPath(values.data) };
}

try {
  await start();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
