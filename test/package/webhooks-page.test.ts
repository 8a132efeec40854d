import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtempDisposable, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "smol-toml";
import { Webhook } from "standardwebhooks";
import { afterAll, describe, expect, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { until } from "../../scripts/until.ts";
import { webhookHosts } from "../../src/webhooks/target.ts";
import { freePort } from "../lab/free-port.ts";
import { block } from "./pages.ts";

const folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-webhooks-page-"));
afterAll(() => folder.remove());

/** A program that writes down what it is called with. */
async function stub(name: string, code: string): Promise<void> {
  const path = join(folder.path, name);
  await writeFile(path, `#!/bin/sh\necho "${name} $*" >> ${join(folder.path, "calls")}\n${code}\n`);
  await chmod(path, 0o755);
}

describe("the page about webhooks", () => {
  it("has a setting that the service understands", () => {
    const toml = block("docs/webhooks.md", "[vars]");
    const { vars } = parse(toml);
    expect(webhookHosts(Object(vars).WEBHOOK_HOSTS)).toMatchObject({ kind: "listed" });
  });

  it("has a receiver that takes what is signed, and nothing else", async () => {
    const code = block("docs/webhooks.md", "createServer(");
    const port = await freePort();
    const file = join(projectFolder, `node_modules/.webhooks-page-${process.pid}.mjs`);
    await writeFile(file, code.replace("9000", String(port)));
    const secret = `whsec_${btoa("a secret of at least 24 bytes")}`;
    const receiver = spawn(process.execPath, [file], {
      env: { ...process.env, WEBHOOK_SECRET: secret },
    });
    let said = "";
    receiver.stdout.on("data", (data) => {
      said += data;
    });
    const body = JSON.stringify({ type: "task.ended", data: { id: "a", status: "cancelled" } });
    const send = async (signature: string) => {
      const headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": String(Math.floor(Date.now() / 1000)),
        "webhook-signature": signature,
      };
      const options = { method: "POST", body, headers };
      return (await fetch(`http://127.0.0.1:${port}/`, options)).status;
    };
    try {
      await until("it receives", () =>
        send("v1,x").then(
          (status) => status === 401,
          () => false,
        ),
      );
      expect(await send(new Webhook(secret).sign("msg_1", new Date(), body))).toBe(204);
      await until("it prints the event", () => said === "task.ended a cancelled\n");
    } finally {
      receiver.kill("SIGKILL");
      await once(receiver, "close");
      await rm(file);
    }
  });

  it("has commands that stop a job and wait for its end, also if it had stopped before", async () => {
    // Slurm cannot be reached at first, and still has the job when it can.
    const [asked, looked] = [join(folder.path, "asked"), join(folder.path, "looked")];
    await stub("aws", 'case "$2" in stop-training-job) exit 254 ;; esac');
    await stub("kubectl", "");
    await stub("scancel", "");
    const fail = (why: string) => `{ echo "slurm_load_jobs error: ${why}" >&2; exit 1; }`;
    await stub(
      "squeue",
      `[ -e ${looked} ] && ${fail("Invalid job id specified")}
      [ -e ${asked} ] && touch ${looked} && echo 7 && exit
      touch ${asked}; ${fail("Unable to contact slurm controller (connect failure)")}`,
    );
    await stub("sleep", "");
    const recipes = [
      block("docs/webhooks.md", "aws sagemaker"),
      block("docs/webhooks.md", "kubectl delete"),
      block("docs/webhooks.md", "scancel"),
    ];
    for (const recipe of recipes) {
      const { status } = spawnSync("sh", ["-c", `${recipe}\nJOB='a b' sh -c "$STOP_COMMAND"`], {
        env: { ...process.env, PATH: `${folder.path}${delimiter}${process.env["PATH"]}` },
      });
      expect([recipe, status]).toEqual([recipe, 0]);
    }
    expect((await readFile(join(folder.path, "calls"), "utf8")).trim().split("\n")).toEqual([
      "aws sagemaker stop-training-job --training-job-name a b",
      "aws sagemaker wait training-job-completed-or-stopped --training-job-name a b",
      "kubectl delete job a b --cascade=foreground --wait --ignore-not-found",
      "scancel a b",
      "squeue --noheader --jobs=a b",
      ...["sleep 1", "squeue --noheader --jobs=a b"],
      ...["sleep 1", "squeue --noheader --jobs=a b"],
    ]);
  });
});
