import { type ChildProcess, spawn } from "node:child_process";
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
  /** What the service is told about who gets in. */
  readonly vars: Readonly<Record<string, string>>;
  /** A token of the service; undefined where none is asked for. */
  readonly tokenFor: (grant: Omit<Grant, "ttlSeconds">) => Promise<string | undefined>;
}

/** Access to the demo's service: for holders of a token signed in this run, or for everybody. */
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

/** How each runtime runs a TypeScript file that may use the network. */
export const RUNTIMES = {
  node: [process.execPath],
  deno: ["deno", "run", "--no-lock", "--allow-net", "--allow-env=EDGE_CANCELER_TOKEN"],
  bun: ["bun"],
} as const;

export interface DemoWorker {
  readonly runtime: keyof typeof RUNTIMES;
  readonly id: string;
  /** The token it sends; undefined if the service asks for none. */
  readonly token: string | undefined;
  readonly process: ChildProcess;
}

interface WorkerOptions {
  readonly runtime: DemoWorker["runtime"];
  readonly id: string;
  readonly url: string;
  /** Passed in the environment: everybody who can list processes can read arguments. */
  readonly token: string | undefined;
  /** Called with every line that the worker prints. */
  readonly onLine: (line: string) => void;
}

/** Starts scripts/demo-worker.ts as a process of its own. */
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
  /** Its token allows cancelling its own task only. */
  readonly canceller: Party;
  /** Its token does not allow cancelling. */
  readonly other: Party;
  readonly say: (who: string, what: string) => void;
}

/** Tries two cancels that are not allowed. Throws if one is not refused as it should be. */
export async function showRefusals({ url, canceller, other, say }: RefusalOptions): Promise<void> {
  const { id } = other;
  const ofAnother = await refusal(url, canceller.token, id);
  say(canceller.runtime, `may cancel its own task only, and tried ${id}: ${ofAnother}`);
  const ofItsOwn = await refusal(url, other.token, id);
  say(other.runtime, `may not cancel, and tried its own task: ${ofItsOwn}`);
  if (ofAnother !== "404 task-unknown" || ofItsOwn !== "403 forbidden") {
    throw new Error(`the cancel of ${id} without the right to it was not refused as it should be`);
  }
}

async function refusal(url: string, token: string | undefined, id: string): Promise<string> {
  try {
    await new TaskClient({ url, token }).cancel(id, { reason: "the wrong one asks" });
    return "200, it is cancelled";
  } catch (error) {
    if (!(error instanceof RequestRefusedError)) throw error;
    return `${error.status} ${error.problem?.type.split(":").at(-1)}`;
  }
}
