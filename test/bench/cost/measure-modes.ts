import { bundleBuilds } from "./bundle-builds.ts";
import type { Lab } from "./lab.ts";
import { countSocketMessages } from "./load/count-socket-messages.ts";
import { measureWatches } from "./measure-watches.ts";
import type { Measurement } from "./measurement.ts";
import type { Mode } from "./mode.ts";
import { openWatches } from "./open-watches.ts";

interface Options extends Omit<Lab, "bundles" | "socketMessagesTo"> {
  /** Told what happens. */
  readonly onProgress: (line: string) => void;
}

/** Measures every mode: opens them one after another, then counts them all at the same time. */
export async function measureModes(
  modes: readonly Mode[],
  { onProgress, ...options }: Options,
): Promise<Measurement[]> {
  onProgress("bundling the metered service and the naive one");
  const bundles = await bundleBuilds(options.folder, options.signal);
  const lab: Lab = { ...options, bundles, socketMessagesTo: countSocketMessages() };

  await using end = new AsyncDisposableStack();
  const measuring: Promise<Measurement>[] = [];
  for (const mode of modes) {
    const watches = end.use(await openWatches(mode, lab));
    onProgress(`${mode.name}: ${lab.tasks} watches are open`);
    const measured = measureWatches(watches, lab);
    // It is awaited below; until then its failure must not end the process.
    measured.catch(() => {});
    measuring.push(measured);
  }
  onProgress(`counting: ${lab.settleSeconds} s to settle, then ${lab.windowSeconds} s or more`);
  return await Promise.all(measuring);
}
