import { execFileSync } from "node:child_process";
import { closeSync, constants, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

const LOCK = "lock.sqlite";
const LIFELINE = "workerd.fifo";
const PID = "workerd.pid";
const ASK_EVERY_MS = 50;
/** How long to wait for a workerd to end whose `npm start` is gone. */
const ORPHAN_ENDS_WITHIN_MS = 3000;

/** Creates the folder if it is missing. Throws a one-line error if it is not writable. */
export async function requireWritableFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await rmdir(await mkdtemp(join(folder, ".writable-")));
  } catch (cause) {
    throw new Error(
      `cannot write to the folder ${folder} (${codeOf(cause)}): choose another one with --data DIR`,
      { cause },
    );
  }
}

/** As `mkdir -p`. Node's own `recursive` never returns for a folder such as /proc/x. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    if (codeOf(error) !== "ENOENT") throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : error;
}

/**
 * A folder locked by this process and the workerd it starts. Two services on the same state would each
 * acknowledge writes that the other does not know.
 */
export class LockedFolder implements Disposable {
  /**
   * The file descriptor that workerd inherits. The folder stays locked while any process has it open,
   * so a workerd that outlives this process keeps the lock.
   */
  readonly lifeline: number;
  readonly #folder: string;
  readonly #lock: DatabaseSync;

  private constructor(folder: string, lock: DatabaseSync) {
    this.#folder = folder;
    this.#lock = lock;
    this.lifeline = openSync(join(folder, LIFELINE), constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** Locks the folder. Throws a one-line error if another service has it. */
  static async take(folder: string): Promise<LockedFolder> {
    const lock = new DatabaseSync(join(folder, LOCK));
    try {
      // The system releases SQLite's lock when the process ends, however it ends.
      lock.exec("BEGIN EXCLUSIVE");
    } catch (cause) {
      lock.close();
      throw new Error(`another service uses ${folder}: choose another folder with --data DIR`, {
        cause,
      });
    }
    try {
      await requireNoOrphan(folder);
      return new LockedFolder(folder, lock);
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  /** Records the workerd that serves the folder, for the error message of a later start. */
  note(pid: number): void {
    writeFileSync(join(this.#folder, PID), `${pid}\n`);
  }

  [Symbol.dispose](): void {
    closeSync(this.lifeline);
    this.#lock.close();
  }
}

/** Waits for a workerd that an earlier start left behind. Throws a one-line error if it does not end. */
async function requireNoOrphan(folder: string): Promise<void> {
  const lifeline = join(folder, LIFELINE);
  if (!existsSync(lifeline)) execFileSync("mkfifo", [lifeline]);
  const giveUpAtMs = performance.now() + ORPHAN_ENDS_WITHIN_MS;
  while (isHeld(lifeline)) {
    if (performance.now() > giveUpAtMs) {
      const pid = readFileSync(join(folder, PID), "utf8").trim();
      throw new Error(
        `a workerd whose npm start was killed still serves ${folder}: end it with kill -9 ${pid}`,
      );
    }
    await sleep(ASK_EVERY_MS);
  }
}

/** Whether a process has the pipe open for reading. If none has, opening it for writing fails. */
function isHeld(fifo: string): boolean {
  try {
    closeSync(openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch (error) {
    if (codeOf(error) === "ENXIO") return false;
    throw error;
  }
}
