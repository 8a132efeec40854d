import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { projectFolder } from "../../scripts/folders.ts";
import { serviceLog } from "../../scripts/serve-bundle.ts";
import type { AnyRequest } from "../service/arbitrary-request.ts";
import { descendantsOf } from "./processes.ts";

interface NpmRunEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm run -s`, as a user types it; resolves when it has ended. */
export async function npmRun(
  script: string,
  args: readonly string[],
  vars: NodeJS.ProcessEnv = {},
): Promise<NpmRunEnd> {
  const child = spawn("npm", ["run", "-s", script, "--", ...args], {
    cwd: projectFolder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...vars },
  });
  const [[code], stdout, stderr] = await Promise.all([
    once(child, "close"),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, stdout, stderr };
}

/** What `npm start` said and did. */
interface NpmStartEnd {
  readonly code: number | null;
  /** Without npm's own two lines. */
  readonly stdout: string;
  readonly stderr: string;
}

interface NpmStartOptions {
  /** Where it may leave what is to be gone when it has ended. */
  readonly temporaryFolder?: string;
  /** Of its environment, besides what is there. */
  readonly vars?: Readonly<Record<string, string>>;
  /** How many files each of its processes may have open. Default: as many as we may. */
  readonly openFiles?: number;
  /** What is typed, with variables in front. Default: `npm start`. */
  readonly typed?: string;
  /** The copy of the project where it runs. Default: this one. */
  readonly folder?: string;
}

/** `npm start`, as a user types it. */
export class NpmStart implements AsyncDisposable {
  /** Resolves when every process that it started has let go of its output. */
  readonly ended: Promise<NpmStartEnd>;
  readonly #process: ChildProcess;
  readonly #pid: number;
  readonly #ready = Promise.withResolvers<string>();

  constructor(
    args: readonly string[],
    {
      temporaryFolder = tmpdir(),
      vars = {},
      folder = projectFolder,
      openFiles,
      typed = "npm start",
    }: NpmStartOptions = {},
  ) {
    const limit = openFiles === undefined ? "" : `ulimit -n ${openFiles}; `;
    const child = spawn("sh", ["-c", `${limit}exec env ${typed} -- "$@"`, "sh", ...args], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...vars, TMPDIR: temporaryFolder },
      // A shell gives each command a group of its own too; Ctrl-C goes to all of it.
      detached: true,
    });
    if (child.pid === undefined) throw new Error("npm does not start");
    this.#process = child;
    this.#pid = child.pid;
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data) => {
      stdout += data;
      const [, url] = /^ready (http:\S+)/m.exec(stdout) ?? [];
      if (url !== undefined) this.#ready.resolve(url);
    });
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    this.ended = once(child, "close").then(([code]) => {
      this.#ready.reject(new Error(`it ended first, with exit code ${code}: ${stdout}${stderr}`));
      return { code, stdout: stdout.replace(/^(\s*> .*\n){2}\s*/, ""), stderr };
    });
    this.#ready.promise.catch(() => {});
  }

  /** Resolves with the service's address when it is ready. */
  get ready(): Promise<string> {
    return this.#ready.promise;
  }

  /** npm, the script and whatever that has started. */
  processes(): number[] {
    return [this.#pid, ...descendantsOf(this.#pid)];
  }

  /** What Ctrl-C does. */
  interrupt(): void {
    process.kill(-this.#pid, "SIGINT");
  }

  /** What a supervisor does: it knows only the process that it has started. */
  terminate(): void {
    this.#process.kill("SIGTERM");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.interrupt();
    await this.ended;
  }
}

/** The process id of the workerd that serves the folder of an `npm start`. */
export async function workerdOf(dataFolder: string): Promise<number> {
  return Number(await readFile(join(dataFolder, "workerd.pid"), "utf8"));
}

interface Log {
  readonly requests: readonly string[];
  /** Whatever else it says: there should be nothing. */
  readonly others: readonly string[];
}

/** What a service logs whose output is piped, as far as it has come. */
export function logOf({ stdout, stderr }: ChildProcess): () => Log {
  const requests: string[] = [];
  const others: string[] = [];
  if (!stdout || !stderr) throw new Error("the service's output is not piped");
  createInterface({ input: stdout }).on("line", (line) => {
    (line.startsWith('{"event":"request",') ? requests : others).push(line);
  });
  serviceLog(stderr, (line) => others.push(line));
  return () => ({ requests, others });
}

const HANDSHAKE = {
  Connection: "Upgrade",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
};

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Sends a request as it is, over a real socket; a WebSocket that opens is left at once. */
export function sendAny(url: string, agent: Agent, any: AnyRequest): Promise<Answer> {
  const { method, headers, body } = any;
  // What does not begin with a slash is no HTTP, and never gets to the Worker.
  const path = any.path.replace(/^(?!\/)/, "/");
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const all = {
      ...headers,
      ...("Upgrade" in headers && HANDSHAKE),
      // Node does not say how long the body of a DELETE is, and would run it into the next request.
      ...(body && { "Content-Length": Buffer.byteLength(body) }),
    };
    const sent = request({ hostname, port, agent, method, path, headers: all }, (answer) => {
      // An event stream goes on for ever.
      if (answer.headers["content-type"] === "text/event-stream") {
        answer.destroy();
        resolve({ status: answer.statusCode ?? 0, text: "" });
        return;
      }
      const status = answer.statusCode ?? 0;
      text(answer).then((received) => resolve({ status, text: received }), reject);
    });
    sent.on("upgrade", (_, socket) => {
      socket.destroy();
      resolve({ status: 101, text: "" });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
