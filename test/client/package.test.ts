import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as built from "edge-canceler";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import * as source from "../../worker-client/index.ts";

const MAX_BYTES = 9.5 * 1024;
/** Up to the end of a doc comment, and then what it is about. */
const DOCUMENTED = String.raw`\*/\s*(?:export\s+)?(?:declare\s+)?(?:abstract\s+)?`;

function read(path: string): string {
  return readFileSync(join(projectFolder, "worker-client", path), "utf8");
}

/** The names that the package exports, each with the file that it comes from. */
function exportedNames(): [name: string, file: string][] {
  const lists = read("index.ts").matchAll(/^export (?:type )?\{([^}]*)\} from "(.*)";$/gm);
  const listed = Array.from(lists, ([, names = "", file = ""]) =>
    names.split(",").map((name): [string, string] => [name.trim(), file]),
  );
  const files = globSync("protocol*.ts", { cwd: join(projectFolder, "worker-client") });
  const wire = files.flatMap((file) => {
    const types = read(file).matchAll(/^export (?:interface|type) (\w+)/gm);
    return Array.from(types, ([, name = ""]): [string, string] => [name, file]);
  });
  return [...listed.flat(), ...wire];
}

describe("the package", () => {
  it("is smaller than 9.5 KiB, minified and gzipped", async () => {
    const { outputFiles } = await build({
      entryPoints: [join(projectFolder, "worker-client/index.ts")],
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2022",
      write: false,
    });
    const [bundle] = outputFiles;
    expect(gzipSync(bundle?.contents ?? "").length).toBeLessThan(MAX_BYTES);
  });

  it("depends on no other", () => {
    const manifest: Record<string, unknown> = JSON.parse(read("package.json"));
    expect(Object.keys(manifest).filter((key) => /dependencies/i.test(key))).toEqual([]);
  });

  it("that is built exports what its sources do: one client and its errors", () => {
    expect(Object.keys(built).sort()).toEqual(Object.keys(source).sort());
    expect(Object.keys(built).sort()).toEqual([
      "RequestRefusedError",
      "ServiceUnreachableError",
      "TaskCancelledError",
      "TaskClient",
      "TaskFailedError",
      "TaskFencedError",
      "TaskGoneError",
      "TaskLeaseLostError",
      "currentTask",
    ]);
  });

  it.each(exportedNames())("has a doc comment on %s", (name, file) => {
    const declaration = String.raw`(?:class|interface|type|function) ${name}\b`;
    expect(read(file)).toMatch(new RegExp(DOCUMENTED + declaration));
  });

  it.each([
    ["task-client.ts", /^ {2}(?:async )?(\w+)(?:<\w+>)?\(/gm],
    ["queue-client.ts", /^ {2}(?:async )?(\w+)(?:<\w+>)?\(/gm],
    ["task-watch.ts", /^ {2}(?:async |get )?(\w+)(?:<\w+>)?\(/gm],
  ])("has a doc comment on every method in %s", (file, methods) => {
    const text = read(file);
    const names = Array.from(text.matchAll(methods), ([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      expect(text).toMatch(new RegExp(String.raw`\*/\n {2}(?:async |get )?${name}\b`));
    }
  });
});
