import { join } from "node:path";
import { parseArgs } from "node:util";

/** The configuration files that arguments for wrangler name, in any spelling. */
export function namedConfigs(args: readonly string[]): string[] {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string", short: "c", multiple: true, default: [] },
      // wrangler goes there before it looks for the file.
      cwd: { type: "string", default: "" },
    },
    strict: false,
  });
  return [values.config].flat().map((name) => join(textOf(values.cwd), textOf(name)));
}

/** A flag without a value is for wrangler to complain of: no file is called so. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value.replace(/^=/, "") : "";
}
