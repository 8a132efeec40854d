import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JsonValue, RequestRefusedError } from "../../index.ts";
import { warn } from "./warn.ts";

const LOOK_EVERY_MS = 1000;
/** The service's limit, in bytes of JSON. */
const MAX_BYTES = 4096;

interface ProgressOptions {
  /** Whether the run has started, so that its progress can be sent. */
  readonly isStarted: () => boolean;
  readonly send: (progress: JsonValue, signal: AbortSignal) => Promise<unknown>;
}

/**
 * A file to which the command writes its progress, as JSON. Whenever it changes, the progress is sent to
 * the service, for readers and for the next attempt.
 */
export class ProgressFile {
  /** Null if no folder could be created for it. */
  readonly path: string | null;
  readonly #folder = makeFolder();
  readonly #options: ProgressOptions;
  readonly #end = new AbortController();
  readonly #timer: NodeJS.Timeout;
  /** The version of the file that was handled last. */
  #seen = "";
  /** The version that was not valid JSON: it may be half written. */
  #half = "";
  #sending: Promise<void> | null = null;
  #hasWarned = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.path = this.#folder === null ? null : join(this.#folder, "progress.json");
    this.#timer = setInterval(() => this.#look(this.#end.signal), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Reads the file a last time, sends what is new, and removes the file. It never rejects. */
  async close(signal: AbortSignal): Promise<void> {
    clearInterval(this.#timer);
    const giveUp = () => this.#end.abort();
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    await this.#sending;
    this.#half = this.#version();
    this.#look(signal);
    await this.#sending;
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
  }

  #look(signal: AbortSignal): void {
    if (!this.#options.isStarted() || this.#sending !== null) return;
    const version = this.#version();
    if (version === this.#seen) return;
    const progress = this.#read();
    if (progress === undefined) {
      if (version === this.#half) this.#refuse(version, "it is not JSON of at most 4 KiB");
      this.#half = version;
      return;
    }
    this.#seen = version;
    this.#sending = this.#options
      .send(progress, signal)
      .then(
        () => {},
        (error: unknown) => {
          if (error instanceof RequestRefusedError) this.#refuse(version, error.message);
          // The service was not reached: the next look tries again.
          else this.#seen = "";
        },
      )
      .finally(() => {
        this.#sending = null;
      });
  }

  #refuse(version: string, why: string): void {
    this.#seen = version;
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    warn(`the progress in EDGE_CANCELER_PROGRESS_FILE is not on record: ${why}`);
  }

  /** A text that changes with the file; empty if there is none. */
  #version(): string {
    if (this.path === null) return "";
    try {
      const stat = statSync(this.path);
      return stat.isFile() ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : "";
    } catch {
      return "";
    }
  }

  /** Reads the file; returns undefined if the service would not accept its content. */
  #read(): JsonValue | undefined {
    if (this.path === null) return undefined;
    try {
      // White space does not count, but a huge file is not read.
      if (statSync(this.path).size > 16 * MAX_BYTES) return undefined;
      const progress: JsonValue = JSON.parse(readFileSync(this.path, "utf8"));
      return Buffer.byteLength(JSON.stringify(progress)) > MAX_BYTES ? undefined : progress;
    } catch {
      return undefined;
    }
  }
}

/** Creates a folder that only this user can read; returns null if it cannot. */
function makeFolder(): string | null {
  try {
    return mkdtempSync(join(tmpdir(), "edge-canceler-"));
  } catch {
    return null;
  }
}
