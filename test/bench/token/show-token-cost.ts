import { temporaryFolder } from "../../../scripts/folders.ts";
import { textTable } from "../../../scripts/text-table.ts";
import { bundleWorker } from "../../../scripts/wrangler.ts";
import { measureTokenCost } from "./measure-token-cost.ts";

/** `npm run bench -- token`: what checking a token adds to a state read. */
export async function showTokenCost(signal: AbortSignal): Promise<void> {
  const folder = temporaryFolder();
  const bundle = await bundleWorker({ folder, signal });
  const size = { rounds: 31, readsPerRound: 2000 };
  const { openMs, closedMs, ratio } = await measureTokenCost({ bundle, folder, signal, ...size });
  const microseconds = (ms: number) => `${(ms * 1000).toFixed(0)} µs`;
  console.log(
    textTable([
      ["GET state, 16 at once", "open", "with a token", "ratio", "at most"],
      [
        "time per read, median",
        microseconds(openMs),
        microseconds(closedMs),
        ratio.toFixed(2),
        "1.15",
      ],
    ]),
  );
}
