import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundleWorker } from "./bundle-worker.ts";
import { lockFolder } from "./lock-folder.ts";
import { projectFolder } from "./project-folder.ts";
import { requireFreePort } from "./require-free-port.ts";
import { requireWritableFolder } from "./require-writable-folder.ts";
import { serveBundle } from "./serve-bundle.ts";
import { serviceVars } from "./service-vars.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { userPath } from "./user-path.ts";
import { welcome } from "./welcome.ts";

const HELP = `Serves edge-canceler on this machine, on plain workerd, with its state on disk.

  npm start -- [--port N] [--data DIR]

  --port N    where to listen on 127.0.0.1; 0: any free port (default: 8080)
  --data DIR  the folder that keeps the state; one service at a time (default: .data)
  --help      this text

It asks for no token, unless its environment has a key: AUTH_SECRET (at least 32 bytes; npm run token
makes tokens with it), or AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL (OpenID Connect). Then it is
closed to whoever has no token. AUTH_SECRET_PREVIOUS, AUTH_CLAIMS and CORS_ORIGINS are handed on too.

  AUTH_SECRET=$(openssl rand -base64 32) npm start

Every request is a line of JSON on stdout. Ctrl-C ends it. What was acknowledged is in the folder and
is there at the next start.`;

const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

async function start(): Promise<void> {
  const { port, dataFolder } = readOptions();
  const { vars, keys } = serviceVars(process.env);
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
      vars,
      requests: "print",
      signal: end.signal,
    });
    console.log(welcome({ url: service.url, dataFolder, keys }));
    const [code, signal] = await once(service.process, "exit");
    // Ctrl-C goes to workerd as well, whose end may be heard of before the signal is.
    if (end.signal.aborted || END_SIGNALS.some((name) => name === signal)) return;
    throw new Error(`workerd ended by itself (${signal ?? code})`);
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
