import { readdir } from "node:fs/promises";

/** What is left in a temporary folder. Node keeps a cache of compiled code there, whoever runs. */
export async function leftIn(temporaryFolder: string): Promise<string[]> {
  return (await readdir(temporaryFolder)).filter((name) => name !== "node-compile-cache");
}
