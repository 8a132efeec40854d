import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { projectFolder } from "../../scripts/project-folder.ts";
import { descendantsOf } from "./descendants-of.ts";

/** What `npm start` said and did. */
interface End {
  readonly code: number | null;
  /** Without npm's own two lines. */
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  /** Where it may leave what is to be gone when it has ended. */
  readonly temporaryFolder?: string;
  /** Of its environment, besides what is there. */
  readonly vars?: Readonly<Record<string, string>>;
}

/** `npm start`, as a user types it. */
export class NpmStart implements AsyncDisposable {
  /** Resolves when every process that it started has let go of its output. */
  readonly ended: Promise<End>;
  readonly #process: ChildProcess;
  readonly #pid: number;
  readonly #ready = Promise.withResolvers<string>();

  constructor(args: readonly string[], { temporaryFolder = tmpdir(), vars = {} }: Options = {}) {
    const child = spawn("npm", ["start", "--", ...args], {
      cwd: projectFolder,
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
