import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { projectFolder } from "./folders.ts";

/** For `Disposable`, which most projects' own settings do not have. JSR allows it in no source. */
const NEEDED_LIBRARY = '/// <reference lib="esnext.disposable" />\n';

const client = join(projectFolder, "worker-client");
const dist = join(client, "dist");

// Output of a source that has been deleted must not be published.
rmSync(dist, { recursive: true, force: true });
for (const project of [client, join(client, "cli")]) {
  const { status } = spawnSync("tsc", ["-p", project], { stdio: "inherit" });
  // The compiler has said what is wrong.
  if (status !== 0) process.exit(status ?? 1);
}
const watch = join(dist, "task-watch.d.ts");
writeFileSync(watch, NEEDED_LIBRARY + readFileSync(watch, "utf8"));

// The command signs tokens with jose, whose licence must accompany every copy.
const licence = readFileSync(join(projectFolder, "node_modules/jose/LICENSE.md"), "utf8").trim();
const signer = join(dist, "cli/sign-token.js");
await build({
  entryPoints: [signer],
  outfile: signer,
  allowOverwrite: true,
  bundle: true,
  format: "esm",
  target: "es2022",
  banner: { js: `/*! This file contains jose (https://github.com/panva/jose):\n\n${licence}\n*/` },
  logLevel: "warning",
});
rmSync(`${signer}.map`);
chmodSync(join(dist, "cli/main.js"), 0o755);

// npm does not link a command that is not built when it installs; npx would then ask the registry.
if (!existsSync(join(projectFolder, "node_modules/.bin/edge-canceler"))) {
  const args = ["rebuild", "edge-canceler", "--ignore-scripts", "--silent"];
  const { status } = spawnSync("npm", args, { cwd: projectFolder, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
