import {
  existsSync,
  linkSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";

// workerd keeps a SQLite file for each object that was ever asked for, even if nothing was stored in
// it or all of it was deleted. Nothing else in the folder says whether such a file is needed.

/** The file of an object: a folder per class has one for each id. */
const OBJECT_FILE = /^[0-9a-f]{64}\.sqlite$/;
/** A database without a table is its first page. */
const EMPTY_BYTES = 4096;
/** The name of a file that is about to be deleted. */
const UNUSED = ".unused";
/** An open() that found a file before it was renamed is through by then. */
const OPEN_TAKES_AT_MOST_MS = 1000;
const SWEEP_EVERY_MS = 60_000;
/** The sweep takes at most this part of the time. */
const SHARE_OF_TIME = 0.02;
/** Signals are handled between so many files. */
const FILES_AT_ONCE = 1000;

/** How long a sweep may hold up the start. */
const IDLE_SWEEP_MS = 200;

/** Whether the system tells which files a process has open. Without that, files are swept at the start alone. */
export const canSweepWhileServing = existsSync("/proc/self/fd");

/**
 * Tidies the folder while nothing serves it: removes what a killed workerd leaves beside its files,
 * and returns files to their names that a killed sweep was about to delete.
 */
export function tidyFolder(dataFolder: string): void {
  for (const folder of classFolders(dataFolder)) {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (name.endsWith(UNUSED)) putBack(path);
      // An index of the -wal file, which SQLite makes again.
      else if (name.endsWith("-shm")) unlinkSync(path);
      else if (name.endsWith("-wal") && statSync(path).size === 0) unlinkSync(path);
    }
  }
}

interface KeepSweepingOptions {
  /** The process id of the workerd that serves the folder. */
  readonly pid: number;
  /** Aborts when that workerd has ended. */
  readonly signal: AbortSignal;
  /** How long to wait before each sweep, at least. Default: a minute. */
  readonly everyMs?: number;
}

/**
 * Sweeps the folder again and again until the signal aborts, but not at once: after a restart many
 * clients come back together, and a request fails whose object opens its file while that is swept. A
 * sweep that is cut short leaves files under other names, which `tidyFolder` returns before the next
 * workerd starts.
 */
export async function keepSweeping(
  dataFolder: string,
  { pid, signal, everyMs = SWEEP_EVERY_MS }: KeepSweepingOptions,
): Promise<void> {
  const filesInUse = () => openFiles(pid);
  const pause = () => sleep(OPEN_TAKES_AT_MOST_MS, undefined, { signal });
  let waitMs = everyMs;
  while (!signal.aborted) {
    try {
      await sleep(waitMs, undefined, { signal });
      const startedAtMs = performance.now();
      waitMs = everyMs;
      await sweepUnused(dataFolder, { filesInUse, pause });
      const tookMs = performance.now() - startedAtMs;
      waitMs = Math.max(everyMs, tookMs / SHARE_OF_TIME);
    } catch (error) {
      if (signal.aborted) return;
      console.error(`unused files are left: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** Sweeps the folder while nothing serves it, or as much of it as there is time for. */
export async function sweepIdle(dataFolder: string): Promise<void> {
  await sweepUnused(dataFolder, {
    filesInUse: () => new Set(),
    pause: async () => {},
    forMs: canSweepWhileServing ? IDLE_SWEEP_MS : Number.POSITIVE_INFINITY,
  });
}

interface SweepOptions {
  /** Returns the paths of the files that workerd has open. */
  readonly filesInUse: () => ReadonlySet<string>;
  /** Waits until every open() has returned that has begun before. */
  readonly pause: () => Promise<void>;
  /** How long to look for unused files. Default: through the whole folder. */
  readonly forMs?: number;
}

/**
 * Deletes the files of objects that store nothing and are not in memory. Each is renamed first, so
 * that nobody can open it any more. Then it is looked up whether somebody has it open: if so, or if
 * something was stored in it meanwhile, it gets its name back. Nobody else deletes or renames it.
 */
export async function sweepUnused(dataFolder: string, options: SweepOptions): Promise<void> {
  const { filesInUse, pause, forMs = Number.POSITIVE_INFINITY } = options;
  const untilMs = performance.now() + forMs;
  for (const folder of classFolders(dataFolder)) {
    const empty = await emptyFiles(folder, untilMs);
    if (empty.length === 0) continue;
    // Without its name an object can neither write its file nor delete it: as few lose it as possible,
    // and they get it back at once.
    const before = filesInUse();
    const unused = empty.filter((path) => !before.has(path));
    for (const path of unused) renameSync(path, path + UNUSED);
    putBackUsed(unused, filesInUse());
    await pause();
    putBackUsed(unused, filesInUse());
    for (const path of unused) if (existsSync(path + UNUSED)) unlinkSync(path + UNUSED);
  }
}

/** Returns the paths of the objects that store nothing, as far as they are found in time. */
async function emptyFiles(folder: string, untilMs: number): Promise<string[]> {
  const empty: string[] = [];
  for (const [index, name] of readdirSync(folder).entries()) {
    if (index % FILES_AT_ONCE === 0) await setImmediate();
    if (performance.now() > untilMs) break;
    const path = join(folder, name);
    if (OBJECT_FILE.test(name) && isEmpty(path)) empty.push(path);
  }
  return empty;
}

/** Returns those files to their names, of all that were renamed, that are open or store something. */
function putBackUsed(paths: readonly string[], filesInUse: ReadonlySet<string>): void {
  for (const renamed of paths.map((path) => path + UNUSED)) {
    if (!existsSync(renamed)) continue;
    if (filesInUse.has(renamed) || !isEmpty(renamed)) putBack(renamed);
  }
}

/** The folders of the objects' classes, by their real paths: the system names open files so. */
function classFolders(dataFolder: string): string[] {
  const folder = realpathSync(dataFolder);
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name));
}

/** Returns whether a database has nothing in it, nor in the log of what is to be written to it. */
function isEmpty(path: string): boolean {
  const wal = `${path.replace(UNUSED, "")}-wal`;
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return sizeOf(path) <= EMPTY_BYTES && sizeOf(wal) === 0;
}

/** Returns a file to its name, unless that is taken: by a new file for the same object, and ours is empty. */
function putBack(path: string): void {
  try {
    linkSync(path, path.slice(0, -UNUSED.length));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  unlinkSync(path);
}

/** Returns the paths of the files that a process has open, as Linux tells them. */
function openFiles(pid: number): Set<string> {
  const folder = `/proc/${pid}/fd`;
  return new Set(
    readdirSync(folder).flatMap((fd) => {
      try {
        return readlinkSync(join(folder, fd));
      } catch {
        // It has been closed meanwhile.
        return [];
      }
    }),
  );
}
