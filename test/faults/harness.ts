import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { bundleWorker } from "../../scripts/bundle-worker.ts";
import { serveBundle } from "../../scripts/serve-bundle.ts";
import { freePort } from "../lab/free-port.ts";

interface Options {
  readonly folder: string;
  readonly signal: AbortSignal;
  /** The path of another entry of the Worker. Default: the service's own. */
  readonly entry?: string;
  /** Variables of the Worker. Default: those of an open service. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Called with each line that the service logs. Default: prints it on stderr. */
  readonly onLog?: (line: string) => void;
}

const OPEN = { vars: { AUTH: "none" } };

type Service = Awaited<ReturnType<typeof serveBundle>>;

/** The service on workerd, which can be killed and restarted on the same state. */
export class TestService implements AsyncDisposable {
  readonly #options: Options;
  readonly #bundle: string;
  #service: Service;

  private constructor(options: Options, bundle: string, service: Service) {
    this.#options = options;
    this.#bundle = bundle;
    this.#service = service;
  }

  static async start(options: Options): Promise<TestService> {
    const { folder, entry, ...rest } = options;
    const bundle = await bundleWorker({
      folder: join(folder, "bundle"),
      ...(entry !== undefined && { entry }),
    });
    const dataFolder = join(folder, "data");
    await mkdir(dataFolder);
    const port = await freePort();
    const service = await serveBundle({ ...OPEN, ...rest, bundle, dataFolder, port });
    return new TestService(options, bundle, service);
  }

  get url(): string {
    return this.#service.url;
  }

  /** Where its state is. */
  get dataFolder(): string {
    return join(this.#options.folder, "data");
  }

  get bundle(): string {
    return this.#bundle;
  }

  get process(): Service["process"] {
    return this.#service.process;
  }

  /** Sends SIGKILL. */
  async kill(): Promise<void> {
    await this.#service.stop();
  }

  /** Restarts it on the same port and state. `bundle` may be a new build. */
  async restart(bundle = this.#bundle): Promise<void> {
    const { folder: _, entry: __, ...rest } = this.#options;
    const port = Number(new URL(this.url).port);
    const { dataFolder } = this;
    this.#service = await serveBundle({ ...OPEN, ...rest, bundle, dataFolder, port });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** Does something for each item, for a number of them at a time. */
export async function concurrently<Item>(
  items: Iterable<Item>,
  atOnce: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const left = Iterator.from(items);
  const next = async () => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}
