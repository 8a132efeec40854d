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

// workerd keeps a SQLite file for each object that was ever used, even if nothing was stored in it or
// everything was deleted. Nothing else in the folder says whether such a file is needed.

/** The file of an object. Each class has a folder, with a file per id. */
const OBJECT_FILE = /^[0-9a-f]{64}\.sqlite$/;
/** The size of a database without tables: one page. */
const EMPTY_BYTES = 4096;
/** The suffix of a file that is about to be deleted. */
const UNUSED = ".unused";
/** Longer than an open() takes that found the file before it was renamed. */
const OPEN_TAKES_AT_MOST_MS = 1000;
const SWEEP_EVERY_MS = 60_000;
/** The largest share of time that sweeping may take. */
const SHARE_OF_TIME = 0.02;
/** After this many files, the sweep yields, so that signals are handled, and looks at the time. */
const FILES_AT_ONCE = 1000;

/** How long a sweep of many files may delay the start. */
const IDLE_SWEEP_MS = 200;

/** Whether the system lists the open files of a process. If not, files are swept only at the start. */
export const canSweepWhileServing = existsSync("/proc/self/fd");

/**
 * Cleans up the folder while nothing serves it: deletes what a killed workerd left beside its files,
 * and restores the names of files that a killed sweep was about to delete.
 */
export function tidyFolder(dataFolder: string): void {
  for (const folder of classFolders(dataFolder)) {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (name.endsWith(UNUSED)) putBack(path);
      // An index of the -wal file, which SQLite creates again.
      else if (name.endsWith("-shm")) unlinkSync(path);
      else if (name.endsWith("-wal") && statSync(path).size === 0) unlinkSync(path);
    }
  }
}

interface KeepSweepingOptions {
  /** The process ID of the workerd that serves the folder. */
  readonly pid: number;
  /** Aborts when that workerd has ended. */
  readonly signal: AbortSignal;
  /** The least time to wait before each sweep. Default: a minute. */
  readonly everyMs?: number;
}

/**
 * Sweeps the folder repeatedly until the signal aborts. It waits before the first sweep, because many
 * clients reconnect after a restart, and a request fails if its object opens its file during a sweep. An
 * interrupted sweep leaves renamed files; `tidyFolder` restores them before the next workerd starts.
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

/** Sweeps the folder while nothing serves it, as far as the time allows. */
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
  /** Waits until every open() that was in progress has returned. */
  readonly pause: () => Promise<void>;
  /** How long to look for unused files, in milliseconds. Default: no limit. */
  readonly forMs?: number;
}

/**
 * Deletes the files of objects that store nothing and are not in memory. It first renames each file, so
 * that workerd can no longer open it. If workerd has it open, or has stored something in it meanwhile,
 * the file gets its name back. Nothing else deletes or renames these files.
 */
export async function sweepUnused(dataFolder: string, options: SweepOptions): Promise<void> {
  const { filesInUse, pause, forMs = Number.POSITIVE_INFINITY } = options;
  const untilMs = performance.now() + forMs;
  for (const folder of classFolders(dataFolder)) {
    const empty = await emptyFiles(folder, untilMs);
    if (empty.length === 0) continue;
    // An object can neither write nor delete a renamed file: rename as few as possible, and restore
    // those in use at once.
    const before = filesInUse();
    const unused = empty.filter((path) => !before.has(path));
    for (const path of unused) renameSync(path, path + UNUSED);
    putBackUsed(unused, filesInUse());
    await pause();
    putBackUsed(unused, filesInUse());
    for (const path of unused) if (existsSync(path + UNUSED)) unlinkSync(path + UNUSED);
  }
}

/** Returns the files of objects that store nothing: of many, as far as the time allows. */
async function emptyFiles(folder: string, untilMs: number): Promise<string[]> {
  const empty: string[] = [];
  for (const [index, name] of readdirSync(folder).entries()) {
    if (index > 0 && index % FILES_AT_ONCE === 0) {
      await setImmediate();
      if (performance.now() > untilMs) break;
    }
    const path = join(folder, name);
    if (OBJECT_FILE.test(name) && isEmpty(path)) empty.push(path);
  }
  return empty;
}

/** Restores the names of the renamed files that are open or store something. */
function putBackUsed(paths: readonly string[], filesInUse: ReadonlySet<string>): void {
  for (const renamed of paths.map((path) => path + UNUSED)) {
    if (!existsSync(renamed)) continue;
    if (filesInUse.has(renamed) || !isEmpty(renamed)) putBack(renamed);
  }
}

/** The folders of the objects' classes, by their real paths, since the system lists open files by those. */
function classFolders(dataFolder: string): string[] {
  const folder = realpathSync(dataFolder);
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name));
}

/** Whether a database and its write-ahead log are empty. */
function isEmpty(path: string): boolean {
  const wal = `${path.replace(UNUSED, "")}-wal`;
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return sizeOf(path) <= EMPTY_BYTES && sizeOf(wal) === 0;
}

/** Restores the name of a file. If the object has a new file of that name, deletes this one, which is empty. */
function putBack(path: string): void {
  try {
    linkSync(path, path.slice(0, -UNUSED.length));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  unlinkSync(path);
}

/** Returns the paths of the files that a process has open (Linux). */
function openFiles(pid: number): Set<string> {
  const folder = `/proc/${pid}/fd`;
  return new Set(
    readdirSync(folder).flatMap((fd) => {
      try {
        return readlinkSync(join(folder, fd));
      } catch {
        // It was closed in the meantime.
        return [];
      }
    }),
  );
}
