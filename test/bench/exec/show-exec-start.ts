import { temporaryFolder } from "../../../scripts/folders.ts";
import { textTable } from "../../../scripts/text-table.ts";
import { bundleWorker } from "../../../scripts/wrangler.ts";
import { measureExecStart } from "./measure-exec-start.ts";

const MAX_ADDED_MS = 150;

/** `npm run bench -- exec`: what `edge-canceler exec` adds to the start of a command. */
export async function showExecStart(signal: AbortSignal): Promise<void> {
  const folder = temporaryFolder();
  const bundle = await bundleWorker({ folder, signal });
  const costs = await measureExecStart({ bundle, folder, rounds: 15, signal });
  const ms = (milliseconds: number) => `${milliseconds.toFixed(0)} ms`;
  console.log(
    textTable([
      ["exec -- true, median", "true", "empty program", "exec", "exec adds", "at most"],
      ...costs.map(({ runtime, commandMs, runtimeMs, execMs, addedMs }) => [
        runtime,
        ms(commandMs),
        ms(runtimeMs),
        ms(execMs),
        ms(addedMs),
        ms(MAX_ADDED_MS),
      ]),
    ]),
  );
}
