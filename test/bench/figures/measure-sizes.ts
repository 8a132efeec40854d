import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { projectFolder } from "../../../scripts/folders.ts";
import type { Bench } from "../bench.ts";
import type { Absolute } from "./absolute.ts";

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
