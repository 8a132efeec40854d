// The receiver on Node: it runs a command that stops the work of a task.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import process, { env } from "node:process";
import { webhookReceiver } from "./receiver.js";

/** More than any event needs. */
const MAX_BODY_BYTES = 256 * 1024;

const { WEBHOOK_SECRET: secret, EDGE_CANCELER_URL: url, EDGE_CANCELER_TOKEN: token, ...rest } = env;
const { STOP_COMMAND: command, PORT = "9000", HOST = "127.0.0.1" } = rest;
// Without a command, every cancel would be reported as done.
for (const name of ["WEBHOOK_SECRET", "EDGE_CANCELER_URL", "STOP_COMMAND"]) {
  if (env[name]) continue;
  console.error(`${name} is not set`);
  process.exit(2);
}

const receive = webhookReceiver({
  secret,
  url,
  token,
  /** Passes the task in the environment, never as part of the command, so that the shell cannot run it. */
  async stop({ id, metadata }) {
    const job = String(metadata.job ?? id);
    // For example --all, which would stop other jobs, too.
    if (job.startsWith("-")) throw new Error("a command would take its job's name for an option");
    const task = { TASK_ID: id, TASK_METADATA: JSON.stringify(metadata), JOB: job };
    const child = spawn("sh", ["-c", command], { stdio: "inherit", env: { ...rest, ...task } });
    const [code] = await once(child, "exit");
    if (code !== 0) throw new Error(`the command exited with ${code}`);
  },
});

const server = createServer(async (incoming, outgoing) => {
  try {
    const body = await bodyOf(incoming);
    if (body === null) return outgoing.writeHead(413, { Connection: "close" }).end();
    const { method, headers } = incoming;
    const response = await receive(
      new Request("http://receiver.invalid/", { method, headers, body }),
    );
    outgoing.writeHead(response.status).end(await response.text());
  } catch (error) {
    // For example, the task cannot be read, or the request was cut off.
    console.error(error);
    outgoing.writeHead(500).end();
  }
});

/** Returns the body of a request, undefined if it has none, or null if it is too long. */
async function bodyOf(incoming) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return bytes === 0 ? undefined : Buffer.concat(chunks);
}

server.listen(Number(PORT), HOST, () => {
  console.log(`receiving on http://${HOST}:${server.address().port}`);
});
