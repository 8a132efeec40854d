import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "./project-folder.ts";

/** For `Disposable`, which most projects' own settings do not have. JSR allows it in no source. */
const NEEDED_LIBRARY = '/// <reference lib="esnext.disposable" />\n';

const client = join(projectFolder, "worker-client");
const dist = join(client, "dist");

// What was built of a source that is no more must not be published.
rmSync(dist, { recursive: true, force: true });
for (const project of [client, join(client, "cli")]) {
  const { status } = spawnSync("tsc", ["-p", project], { stdio: "inherit" });
  // What is wrong, the compiler has said.
  if (status !== 0) process.exit(status ?? 1);
}
const watch = join(dist, "task-watch.d.ts");
writeFileSync(watch, NEEDED_LIBRARY + readFileSync(watch, "utf8"));
chmodSync(join(dist, "cli/main.js"), 0o755);
