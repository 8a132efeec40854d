import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { inject } from "vitest";
import { until } from "../../scripts/until.ts";
import { TaskClient } from "../../worker-client/index.ts";
import { WatchedCli } from "../cli/harness.ts";
import { installClient } from "./harness.ts";

/** Addresses that the pages give for the service. */
const ADDRESSES = ["https://cancel.example.com", "http://127.0.0.1:8080", "localhost:8080"];

/** Somebody who does what the pages say, in a project where the package is installed. */
export class Reader {
  /** The project's folder. */
  readonly project: string;
  readonly tasks: TaskClient;
  readonly #url: string;
  readonly #remove: () => Promise<void>;

  private constructor(project: string, url: string, remove: () => Promise<void>) {
    this.project = project;
    this.tasks = new TaskClient({ url });
    this.#url = url;
    this.#remove = remove;
  }

  /** Default: of the service that all tests share. */
  static async withPackage(url = inject("serviceUrl")): Promise<Reader> {
    const folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-reader-"));
    return new Reader(await installClient(folder.path), url, folder.remove);
  }

  /** What a page says, with this test's service and other names in place of the page's. */
  adapt(code: string, names: Readonly<Record<string, string>> = {}): string {
    let text = code;
    for (const address of ADDRESSES) text = text.replaceAll(address, this.#url);
    for (const [name, other] of Object.entries(names)) text = text.replaceAll(name, other);
    return text;
  }

  /** Runs a block of shell in the project. */
  shell(code: string, more: readonly string[] = []): WatchedCli {
    const path = `${join(this.project, "node_modules/.bin")}${delimiter}$PATH`;
    const settings = `cd ${this.project}; export EDGE_CANCELER_URL=${this.#url} PATH=${path};`;
    return new WatchedCli(["sh", "-c", `${settings}\n${code}`, "sh", ...more]);
  }

  /** Waits until a task runs. */
  async seesRunning(id: string): Promise<void> {
    await until(`${id} runs`, async () => (await this.tasks.get(id))?.status === "running");
  }

  async leave(): Promise<void> {
    await this.#remove();
  }
}
