import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { durationSeconds } from "./duration-seconds.ts";
import { mintToken } from "./mint-token.ts";
import { userPath } from "./user-path.ts";

const HELP = `Mints a token from the service's secret, and prints it alone on stdout.

  AUTH_SECRET=… npm run -s token -- --sub WHO --scope SCOPES --tasks TASKS --ttl TIME

  --sub WHO           who it is for; shown as requestedBy of a cancel
  --scope "A B"       watch: read and watch; work: start, finish, read and watch; cancel;
                      declare: declare and forget; admin: all of it
  --tasks A,B         ids, and prefixes of ids that end in *; may be given several times
  --ttl TIME          how long it is good, like 90s, 5m, 2h30m or 1d
  --secret-file PATH  a file with the secret (default: the variable AUTH_SECRET)
  --help              this text

  npm run -s token -- --sub ci --scope "watch work" --tasks "build-*" --ttl 1h
  npm run -s token -- --sub ops --scope admin --tasks "*" --ttl 15m`;

async function token(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sub: { type: "string" },
      scope: { type: "string" },
      tasks: { type: "string", multiple: true, default: [] },
      ttl: { type: "string" },
      "secret-file": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const { sub, scope, ttl } = values;
  const tasks = values.tasks.flatMap((list) => list.split(",")).map((task) => task.trim());
  if (!sub || !scope || !ttl || tasks.length === 0) {
    throw new Error("--sub, --scope, --tasks and --ttl are all needed: see --help");
  }
  const words = scope.trim().split(/\s+/).join(" ");
  const grant = { subject: sub, scope: words, tasks, ttlSeconds: durationSeconds(ttl) };
  console.log(await mintToken(await secretOf(values["secret-file"]), grant));
  console.error(`${sub} may ${words} on ${tasks.join(", ")} for ${ttl}`);
}

/** Never from the command line, which every process of the machine can read. */
async function secretOf(file: string | undefined): Promise<string> {
  if (file !== undefined) return (await readFile(userPath(file), "utf8")).trim();
  const secret = process.env["AUTH_SECRET"];
  if (secret) return secret;
  throw new Error("there is no secret: set the variable AUTH_SECRET, or name a --secret-file");
}

try {
  await token();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
