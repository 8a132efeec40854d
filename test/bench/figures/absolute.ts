import { mkdtempDisposable, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { projectFolder } from "../../../scripts/folders.ts";
import { NpmStart } from "../../scripts/harness.ts";
import type { Bench } from "../bench.ts";

/** A figure that stands for itself; some have the same of the floor beside them. */
export interface Absolute {
  readonly name: string;
  readonly unit: "bytes" | "ms";
  readonly floor: number | null;
  readonly product: number;
}

/** How large the client and the Worker are. */
export async function measureSizes({ bundles }: Bench): Promise<Absolute[]> {
  const client = await minifiedClient();
  const floor = await readFile(bundles.floor.bundle);
  const product = await readFile(bundles.product.bundle);
  return [
    { name: "client, minified", unit: "bytes", floor: null, product: client.length },
    {
      name: "client, minified and gzipped",
      unit: "bytes",
      floor: null,
      product: gzipSync(client).length,
    },
    { name: "Worker bundle", unit: "bytes", floor: floor.length, product: product.length },
    {
      name: "Worker bundle, gzipped",
      unit: "bytes",
      floor: gzipSync(floor).length,
      product: gzipSync(product).length,
    },
  ];
}

async function minifiedClient(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [join(projectFolder, "worker-client", "index.ts")],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error("the client has no bundle");
  return bundle.contents;
}

/** How long `npm start` takes until it is ready, as a user waits for it. */
export async function measureStart({ signal }: Bench): Promise<Absolute> {
  await using data = await mkdtempDisposable(join(tmpdir(), "edge-canceler-bench-"));
  const beganAtMs = performance.now();
  await using service = new NpmStart(["--port", "0", "--data", data.path]);
  const interrupt = () => service.interrupt();
  signal.addEventListener("abort", interrupt);
  await service.ready;
  const product = performance.now() - beganAtMs;
  signal.removeEventListener("abort", interrupt);
  return { name: "npm start until it is ready", unit: "ms", floor: null, product };
}
