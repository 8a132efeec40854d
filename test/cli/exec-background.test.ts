import { execFileSync } from "node:child_process";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { hasScript, Terminal } from "./exec-harness.ts";
import { CLI_RUNTIMES, newTaskId } from "./harness.ts";

const url = inject("serviceUrl");

// script(1) of util-linux and bash make the terminal; without them there is none to try.
describe.skipIf(!hasScript).each(Object.keys(CLI_RUNTIMES))(
  "exec under %s, in the background of a terminal",
  (name) => {
    it("leaves the settings of the terminal to the foreground when it ends", async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-background-"));
      const gate = join(folder.path, "gate");
      execFileSync("mkfifo", [gate]);
      const runtime = name === "deno" || name === "bun" ? name : "node";
      await using terminal = new Terminal({
        EDGE_CANCELER_URL: url,
        EXEC: [...CLI_RUNTIMES[runtime], "exec", newTaskId()].join(" "),
        GATE: gate,
      });
      terminal.line(`$EXEC -- sh -c 'echo "ready $$"; read _ < "$GATE"' &`);
      await terminal.screen.match(/ready \d/);
      terminal.line("stty -iexten");
      terminal.line('echo "go" > "$GATE"; wait; echo "exit $?"; stty -a');
      expect(await terminal.screen.match(/exit (\d+)\r/)).toBe("0");
      expect(await terminal.screen.match(/icanon (-?iexten)/)).toBe("-iexten");
    });
  },
);
