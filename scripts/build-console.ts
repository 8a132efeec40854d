import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { projectFolder } from "./folders.ts";

/** A file of the console, as the Worker serves it. */
interface ConsoleFile {
  /** The path under which it is served. */
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

const source = join(projectFolder, "console");
const folder = join(projectFolder, "dist");

/** The module that the Worker imports, so that `npm start`, `npm run dev` and a deploy serve the same files. */
const MODULE = join(folder, "console.js");

/**
 * Builds the console into a module that the Worker embeds: a page, a script and a style sheet. The
 * names of the last two contain a hash, so browsers may cache them for ever.
 */
export async function buildConsole(): Promise<readonly ConsoleFile[]> {
  const files = await consoleFiles();
  const text = `export const files = ${JSON.stringify(files, null, 2)};\n`;
  // Write only on a change, because wrangler dev watches the file, and atomically, because others read it.
  if (text !== (await readFile(MODULE, "utf8").catch(() => null))) {
    await mkdir(folder, { recursive: true });
    const written = `${MODULE}.${randomUUID()}`;
    await writeFile(written, text);
    await rename(written, MODULE);
  }
  return files;
}

async function consoleFiles(): Promise<readonly ConsoleFile[]> {
  const licence = await readFile(join(projectFolder, "node_modules/preact/LICENSE"), "utf8");
  const { outputFiles } = await build({
    entryPoints: [join(source, "main.tsx"), join(source, "style.css")],
    outdir: folder,
    absWorkingDir: projectFolder,
    write: false,
    bundle: true,
    minify: true,
    format: "esm",
    // Browsers from the last two years.
    target: ["es2023", "chrome123", "firefox121", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    banner: { js: `/*! This file contains https://github.com/preactjs/preact:\n\n${licence}*/` },
    logLevel: "warning",
  });
  const textOf = (ending: string) =>
    outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? "";
  const script = hashed("js", "text/javascript; charset=utf-8", textOf(".js"));
  const style = hashed("css", "text/css; charset=utf-8", textOf(".css"));
  const page = (await readFile(join(source, "index.html"), "utf8"))
    .replace("SCRIPT_PATH", script.path)
    .replace("STYLE_PATH", style.path);
  return [{ path: "/console", type: "text/html; charset=utf-8", text: page }, script, style];
}

function hashed(ending: string, type: string, text: string): ConsoleFile {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return { path: `/console/console-${hash}.${ending}`, type, text };
}

if (import.meta.main) await buildConsole();
