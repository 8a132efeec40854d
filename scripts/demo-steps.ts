import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Grant, signToken } from "../worker-client/cli/sign-token.ts";
import { RequestRefusedError, TaskClient } from "../worker-client/index.ts";

/** Longer than any demo. */
const TTL_SECONDS = 600;

export interface DemoAccess {
  readonly isClosed: boolean;
  readonly summary: string;
  /** The settings of the service that decide who may use it. */
  readonly vars: Readonly<Record<string, string>>;
  /** Makes a token, or returns undefined if the service is open. */
  readonly tokenFor: (grant: Omit<Grant, "ttlSeconds">) => Promise<string | undefined>;
}

/** Decides who may use the demo's service: holders of a token signed in this run, or everybody. */
export function demoAccess({ isClosed }: { readonly isClosed: boolean }): DemoAccess {
  if (!isClosed) {
    return {
      isClosed,
      summary:
        "open: everybody who reaches it can cancel any task (npm run demo -- --auth closes it)",
      vars: { AUTH: "none" },
      tokenFor: async () => undefined,
    };
  }
  const secret = randomBytes(32).toString("base64");
  return {
    isClosed,
    summary: "closed: each worker has a token for its own task, you have one for all three",
    vars: { AUTH_SECRET: secret },
    tokenFor: (grant) => signToken(secret, { ...grant, ttlSeconds: TTL_SECONDS }, Date.now()),
  };
}

/** The command with which each runtime runs a TypeScript file that uses the network. */
export const RUNTIMES = {
  node: [process.execPath],
  deno: ["deno", "run", "--no-lock", "--allow-net", "--allow-env=EDGE_CANCELER_TOKEN"],
  bun: ["bun"],
} as const;

/** Throws if a runtime is not installed: `npm ci --omit=dev` leaves out Deno and Bun. */
export function requireRuntimes(): void {
  for (const [command] of Object.values(RUNTIMES)) {
    if (spawnSync(command, ["--version"]).error === undefined) continue;
    throw new Error(`${command} is not installed: run npm ci, without --omit=dev`);
  }
}

export interface DemoWorker {
  readonly runtime: keyof typeof RUNTIMES;
  readonly id: string;
  /** The token it sends, or undefined if the service is open. */
  readonly token: string | undefined;
  readonly process: ChildProcess;
}

interface WorkerOptions {
  readonly runtime: DemoWorker["runtime"];
  readonly id: string;
  readonly url: string;
  /** Passed in the environment, because everybody who can list processes can read arguments. */
  readonly token: string | undefined;
  /** Called with each line that the worker prints. */
  readonly onLine: (line: string) => void;
}

/** Starts scripts/demo-worker.ts in its own process. */
export function startDemoWorker({ runtime, id, url, token, onLine }: WorkerOptions): DemoWorker {
  const [command, ...args] = RUNTIMES[runtime];
  const script = fileURLToPath(new URL("demo-worker.ts", import.meta.url));
  const child = spawn(command, [...args, script, url, id], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, EDGE_CANCELER_TOKEN: token },
  });
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on("line", onLine);
  }
  return { runtime, id, token, process: child };
}

type Party = Omit<DemoWorker, "process">;

interface RefusalOptions {
  readonly url: string;
  /** Its token allows it to cancel only its own task. */
  readonly canceller: Party;
  /** Its token does not allow it to cancel. */
  readonly other: Party;
  readonly say: (who: string, what: string) => void;
}

/** Tries two cancels that are not allowed. Throws unless both are refused as expected. */
export async function showRefusals({ url, canceller, other, say }: RefusalOptions): Promise<void> {
  const { id } = other;
  const ofAnother = await refusal(url, canceller.token, id);
  say(canceller.runtime, `may cancel its own task only, and tried ${id}: ${ofAnother}`);
  const ofItsOwn = await refusal(url, other.token, id);
  say(other.runtime, `may not cancel, and tried its own task: ${ofItsOwn}`);
  if (ofAnother !== "404 task-unknown" || ofItsOwn !== "403 forbidden") {
    throw new Error(`an unauthorized cancel of ${id} was not refused as expected`);
  }
}

async function refusal(url: string, token: string | undefined, id: string): Promise<string> {
  try {
    await new TaskClient({ url, token }).cancel(id, { reason: "the wrong one asks" });
    return "200, it was cancelled";
  } catch (error) {
    if (!(error instanceof RequestRefusedError)) throw error;
    return `${error.status} ${error.problem?.type.split(":").at(-1)}`;
  }
}
