import { parseArgs } from "node:util";
import { readPort, requireFreePort } from "./port.ts";
import { runWrangler } from "./wrangler.ts";

const HELP = `Serves the source with live reload: wrangler dev on 127.0.0.1, without an account.

  npm run dev -- [--port N] [...]

  --port N  the port; 0 takes any free one (default: 8080)
  --help    this text

All other arguments go to wrangler. No token is required, unless .dev.vars has a key such as AUTH_SECRET.`;

const OPTIONS = {
  port: { type: "string", default: "8080" },
  help: { type: "boolean", default: false },
} as const;

async function dev(args: readonly string[]): Promise<void> {
  const { values, tokens } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    tokens: true,
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const port = readPort(String(values.port));
  await requireFreePort(port);
  console.log(
    "No token is required unless .dev.vars has a key: every process here can cancel any task.",
  );
  const ours = new Set(
    tokens.flatMap((token) => {
      if (token.kind !== "option" || token.name !== "port") return [];
      return token.inlineValue ? [token.index] : [token.index, token.index + 1];
    }),
  );
  await runWrangler(
    [
      "dev",
      ...["--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0"],
      ...["--var", "AUTH:none"],
      ...args.filter((_, index) => !ours.has(index)),
    ],
    {
      WRANGLER_HIDE_BANNER: "true",
      WRANGLER_SEND_METRICS: "false",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
    },
  );
}

try {
  await dev(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
