import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { projectFolder } from "./folders.ts";

/** Declares `Disposable`, which most projects' settings do not include. JSR forbids it in sources. */
const NEEDED_LIBRARY = '/// <reference lib="esnext.disposable" />\n';

/** The `require` with which bundled CommonJS loads Node's built-in modules. */
const REQUIRE = `
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);`;

const client = join(projectFolder, "worker-client");
const dist = join(client, "dist");

// Output of a source that has been deleted must not be published.
rmSync(dist, { recursive: true, force: true });
for (const project of [client, join(client, "cli")]) {
  const { status } = spawnSync("tsc", ["-p", project], { stdio: "inherit" });
  // The compiler has printed the errors.
  if (status !== 0) process.exit(status ?? 1);
}
const watch = join(dist, "task-watch.d.ts");
writeFileSync(watch, NEEDED_LIBRARY + readFileSync(watch, "utf8"));

// The package has no dependencies, so what these files of the command import is bundled into them. The
// licences require their text to be wherever the code is.
const bundled = [
  {
    file: "cli/sign-token.js",
    name: "jose",
    page: "panva/jose",
    licence: "LICENSE.md",
    require: "",
  },
  {
    file: "cli/proxied.js",
    name: "undici-7",
    page: "nodejs/undici",
    licence: "LICENSE",
    require: REQUIRE,
  },
];
for (const { file, name, page, licence, require } of bundled) {
  const text = readFileSync(join(projectFolder, "node_modules", name, licence), "utf8").trim();
  const path = join(dist, file);
  await build({
    entryPoints: [path],
    outfile: path,
    allowOverwrite: true,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "es2022",
    minify: true,
    banner: { js: `/*! This file contains https://github.com/${page}:\n\n${text}\n*/${require}` },
    logLevel: "warning",
  });
  rmSync(`${path}.map`);
}
chmodSync(join(dist, "cli/main.js"), 0o755);

// npm does not link a command that was not built at install time; then npx would ask the registry.
if (!existsSync(join(projectFolder, "node_modules/.bin/edge-canceler"))) {
  const args = ["rebuild", "edge-canceler", "--ignore-scripts", "--silent"];
  const { status } = spawnSync("npm", args, { cwd: projectFolder, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
