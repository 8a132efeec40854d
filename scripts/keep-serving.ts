import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type ServeOptions, type Service, serveBundle } from "./serve-bundle.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** How long a workerd must have served to reset the pauses. */
const STABLE_AFTER_MS = 60_000;
/** How long after a child ends this process may receive the signal that was sent to both. */
const SIGNAL_LAG_MS = 100;

interface KeepServingOptions extends ServeOptions {
  readonly signal: AbortSignal;
  /** Called before each start of workerd. */
  readonly prepare: () => Promise<void>;
  /** Called when workerd is listening. Return once `ended` has aborted: the next workerd waits for it. */
  readonly onServing: (service: Service, ended: AbortSignal) => Promise<void>;
}

/**
 * Serves a bundle until the signal aborts. Restarts a workerd that ends by itself, on the same port;
 * what it had acknowledged is on disk. Throws if the first start fails.
 */
export async function keepServing(options: KeepServingOptions): Promise<void> {
  const { signal, onServing } = options;
  await options.prepare();
  let service = await serveBundle(options);
  const port = Number(new URL(service.url).port);
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    const sinceMs = performance.now();
    const ended = new AbortController();
    const serving = onServing(service, ended.signal);
    const why = await endOf(service.process);
    ended.abort();
    await serving;
    if (performance.now() - sinceMs > STABLE_AFTER_MS) pauseMs = FIRST_PAUSE_MS;
    service = await again(why);
  }

  async function again(why: string): Promise<Service> {
    if (await isEnding(signal)) signal.throwIfAborted();
    console.error(`workerd ended by itself (${why}): starting it again in ${pauseMs / 1000} s`);
    await sleep(pauseMs, undefined, { signal });
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    await options.prepare();
    try {
      return await serveBundle({ ...options, port });
    } catch (error) {
      return again(error instanceof Error ? error.message : String(error));
    }
  }
}

async function endOf(child: ChildProcess): Promise<string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.signalCode ?? `exit code ${child.exitCode}`;
}

/**
 * Whether the signal has aborted or is about to: Ctrl-C goes to child processes as well, and we may
 * notice their end first.
 */
export async function isEnding(signal: AbortSignal): Promise<boolean> {
  if (!signal.aborted) await Promise.race([once(signal, "abort"), sleep(SIGNAL_LAG_MS)]);
  return signal.aborted;
}
