import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { RUNTIMES } from "../../../scripts/demo-steps.ts";
import type { FinishRequest } from "../../../worker-client/protocol.ts";
import type { Entry } from "../history/history.ts";
import type { Transport } from "../recorded-client.ts";

/** Every runtime that an actor can be on. */
export const ACTOR_RUNTIMES: readonly (keyof typeof RUNTIMES)[] = ["node", "deno", "bun"];

interface Watch {
  readonly command: "watch";
  readonly id: string;
  readonly watcher: string;
  readonly url: string;
  readonly transport: Transport;
}

interface Close {
  readonly command: "close";
  readonly watcher: string;
}

interface Finish {
  readonly command: "finish";
  readonly id: string;
  readonly url: string;
  readonly attempt: number;
  readonly status: FinishRequest["status"];
}

/** What an actor is told to do, as a line of JSON. */
export type ActorCommand = Watch | Close | Finish;

const SCRIPT = fileURLToPath(new URL("act.ts", import.meta.url));

interface Options {
  readonly name: string;
  readonly runtime: keyof typeof RUNTIMES;
  /** Hears what the actor does and sees. */
  readonly note: (entry: Entry) => void;
  readonly signal: AbortSignal;
}

/** A process on a runtime that watches and reports as it is told. */
export class Actor implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended: Promise<unknown>;

  constructor({ name, runtime, note, signal }: Options) {
    const [command, ...args] = RUNTIMES[runtime];
    const child = spawn(command, [...args, SCRIPT, name], { stdio: ["pipe", "pipe", "inherit"] });
    const kill = () => child.kill("SIGKILL");
    signal.addEventListener("abort", kill);
    this.process = child;
    this.#ended = once(child, "close").then(() => {
      signal.removeEventListener("abort", kill);
      this.#ready.reject(new Error(`the actor ${name} ended before it was ready`));
    });
    this.#ready.promise.catch(() => {});
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said: Entry | { readonly kind: "ready" } = JSON.parse(line);
      if (said.kind === "ready") this.#ready.resolve();
      else note(said);
    });
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  tell(command: ActorCommand): void {
    this.process.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  /** Tells it that there is nothing more to do, and waits until it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.process.stdin?.end();
    await this.#ended;
  }
}
