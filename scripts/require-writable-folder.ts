import { mkdir, mkdtemp, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Makes the folder where it is missing, and throws one clear line if nothing can be written in it. */
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
