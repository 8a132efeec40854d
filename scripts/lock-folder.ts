import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Takes the folder for this process until it ends, however it ends; throws one clear line if another
 * service has it. Two services on one state would each acknowledge what the other does not know.
 * The lock is SQLite's own, which the system lets go of with the process.
 */
export function lockFolder(folder: string): Disposable {
  const lock = new DatabaseSync(join(folder, "lock.sqlite"));
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    throw new Error(`another service keeps its state in ${folder}: choose one with --data DIR`, {
      cause,
    });
  }
  return { [Symbol.dispose]: () => lock.close() };
}
