import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
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

Ctrl-C ends it. What was acknowledged is in the folder and is there at the next start.`;

const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

async function start(): Promise<void> {
  const { port, dataFolder } = readOptions();
  const end = new AbortController();
  for (const signal of END_SIGNALS) process.on(signal, () => end.abort());
  try {
    await requireFreePort(port);
    await requireWritableFolder(dataFolder);
    using _lock = lockFolder(dataFolder);
    const bundle = await bundleWorker({ folder: temporaryFolder(), signal: end.signal });
    const service = await serveBundle({
      bundle,
      dataFolder,
      port,
      vars: { AUTH: "none" },
      signal: end.signal,
    });
    console.log(`ready ${service.url} (state in ${dataFolder})

  curl ${service.url}/watch-task/1234    # says true once task 1234 is cancelled, false after 5 s
  curl ${service.url}/cancel-task/1234   # cancels it
`);
    const [code, signal] = await once(service.process, "exit");
    if (!end.signal.aborted) throw new Error(`workerd ended by itself (${signal ?? code})`);
  } catch (error) {
    if (!end.signal.aborted) throw error;
  }
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
