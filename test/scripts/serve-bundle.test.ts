import { mkdtempDisposable, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { serveBundle } from "../../scripts/serve-bundle.ts";

const SECRET = "sécret".repeat(8);

const CONFIG = `
compatibility_date = "2026-08-15"
compatibility_flags = []
vars = { MINE = "of the file", BOTH = "of the file" }
durable_objects = { bindings = [] }
`;

it("a variable reaches the Worker, wins over wrangler.toml's, and is nowhere on disk", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-vars-"));
  const bundle = join(folder.path, "index.js");
  const config = join(folder.path, "wrangler.toml");
  await writeFile(bundle, "export default { fetch: (_, env) => Response.json(env) };");
  await writeFile(config, CONFIG);
  const vars = { AUTH_SECRET: SECRET, BOTH: "given" };
  const service = await serveBundle({ bundle, config, dataFolder: folder.path, port: 0, vars });
  try {
    const env = await (await fetch(service.url)).json();
    expect(env).toEqual({ MINE: "of the file", BOTH: "given", AUTH_SECRET: SECRET });
    const files = await readdir(folder.path);
    expect(files).toContainEqual(expect.stringMatching(/\.capnp$/));
    for (const file of files) {
      expect(await readFile(join(folder.path, file), "utf8")).not.toContain(SECRET);
    }
    expect(service.process.spawnargs.join(" ")).not.toContain(SECRET);
  } finally {
    await service.stop();
  }
});
