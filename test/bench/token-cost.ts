import { randomBytes } from "node:crypto";
import { mkdtempDisposable } from "node:fs/promises";
import { join } from "node:path";
import { Pool } from "undici";
import { bundleWorker } from "../../scripts/bundle-worker.ts";
import { temporaryFolder } from "../../scripts/folders.ts";
import { serveBundle } from "../../scripts/serve-bundle.ts";
import { textTable } from "../../scripts/text-table.ts";
import { signToken } from "../../worker-client/cli/sign-token.ts";
import { median, processUsage } from "../lab/measure.ts";

/** What checking a token adds to a state read. */
export interface TokenCost {
  /** The median time of a read over all rounds, in milliseconds. */
  readonly openMs: number;
  readonly closedMs: number;
  /** The median of the rounds' own ratios, closed to open. */
  readonly ratio: number;
  /** The same of the time that workerd computed, whatever else the machine does. */
  readonly cpuRatio: number;
}

/** `npm run bench -- token`: what checking a token adds to a state read. */
export async function showTokenCost(signal: AbortSignal): Promise<void> {
  const folder = temporaryFolder();
  const bundle = await bundleWorker({ folder });
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

const CONNECTIONS = 16;
const PATH = "/v1/tasks/1234";

interface MeasureOptions {
  readonly bundle: string;
  /** Where the services keep their state. */
  readonly folder: string;
  readonly rounds: number;
  readonly readsPerRound: number;
  readonly signal: AbortSignal;
}

/**
 * Reads one task from an open service and from a closed one, in turn. Both get the very same
 * requests, with a token that only the closed one looks at.
 */
export async function measureTokenCost(options: MeasureOptions): Promise<TokenCost> {
  await using end = new AsyncDisposableStack();
  const secret = randomBytes(32).toString("base64");
  const grant = { subject: "bench", scope: "admin", tasks: ["*"], ttlSeconds: 3600 };
  const headers = { authorization: `Bearer ${await signToken(secret, grant, Date.now())}` };

  const serve = async (vars: Readonly<Record<string, string>>) => {
    const data = end.use(await mkdtempDisposable(join(options.folder, "data-")));
    const { bundle, signal } = options;
    const service = await serveBundle({ bundle, dataFolder: data.path, port: 0, vars, signal });
    end.defer(() => service.stop());
    const pool = new Pool(service.url, { connections: CONNECTIONS });
    end.defer(() => pool.destroy());
    await pool.request({ method: "PUT", path: PATH, headers });
    return { pool, pid: service.process.pid ?? 0 };
  };
  const open = await serve({ AUTH: "none" });
  const closed = await serve({ AUTH_SECRET: secret });

  const read = async ({ pool }: typeof open): Promise<number> => {
    let left = options.readsPerRound;
    const lane = async () => {
      while (left-- > 0) {
        const { statusCode, body } = await pool.request({ method: "GET", path: PATH, headers });
        await body.dump();
        if (statusCode !== 200) throw new Error(`a read was answered with ${statusCode}`);
      }
    };
    const beganAtMs = performance.now();
    await Promise.all(Array.from({ length: CONNECTIONS }, lane));
    return (performance.now() - beganAtMs) / options.readsPerRound;
  };

  // The first reads of a process are not like the others.
  for (const side of [open, closed, open, closed]) await read(side);
  const cpuSeconds = () => [open, closed].map(({ pid }) => processUsage(pid).cpuSeconds);
  const before = cpuSeconds();
  const rounds: { openMs: number; closedMs: number }[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const isOpenFirst = round % 2 === 0;
    const first = await read(isOpenFirst ? open : closed);
    const second = await read(isOpenFirst ? closed : open);
    const [openMs, closedMs] = isOpenFirst ? [first, second] : [second, first];
    rounds.push({ openMs, closedMs });
  }
  const [openCpu = 0, closedCpu = 0] = cpuSeconds().map(
    (after, side) => after - (before[side] ?? 0),
  );
  return {
    cpuRatio: closedCpu / openCpu,
    openMs: median(rounds.map(({ openMs }) => openMs)),
    closedMs: median(rounds.map(({ closedMs }) => closedMs)),
    ratio: median(rounds.map(({ openMs, closedMs }) => closedMs / openMs)),
  };
}
