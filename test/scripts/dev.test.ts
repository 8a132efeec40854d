import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, inject, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { freePort } from "../lab/free-port.ts";
import { npmRun } from "./harness.ts";

it("npm run dev serves the source on the port that it is given", async () => {
  const port = await freePort();
  const child = spawn("npm", ["run", "-s", "dev", "--", "--port", String(port)], {
    cwd: projectFolder,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  try {
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line.includes("Ready on")) break;
    }
    expect(lines[0]).toMatch(/^No token is required/);
    expect(lines.at(-1)).toContain(`http://127.0.0.1:${port}`);
    expect((await fetch(`http://127.0.0.1:${port}/v1/tasks/a`)).status).toBe(404);
    expect(await (await fetch(`http://127.0.0.1:${port}/console`)).text()).toContain("<html");
  } finally {
    process.kill(-(child.pid ?? 0), "SIGINT");
    await once(child, "close");
  }
});

it("npm run dev says in one line that its port is in use", async () => {
  const { port } = new URL(inject("serviceUrl"));
  expect(await npmRun("dev", ["--port", port])).toEqual({
    code: 1,
    stdout: "",
    stderr: `cannot listen on 127.0.0.1:${port} (EADDRINUSE): choose another port with --port N\n`,
  });
});
