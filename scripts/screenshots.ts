import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserContextOptions, Page } from "playwright-core";
import { TestBrowser } from "./browser.ts";
import { bundleWorker } from "./bundle-worker.ts";
import { projectFolder, temporaryFolder } from "./folders.ts";
import { addSampleTasks, ageList, cancelSample, SAMPLE } from "./sample-tasks.ts";
import { serveBundle } from "./serve-bundle.ts";

const HELP = `Makes the screenshots of the console for the pages: docs/console-*.png.

  npm run screenshots

It serves the console with sample tasks on a free port, and opens it in headless Chromium.
`;

const WIDE = { viewport: { width: 1200, height: 720 } } as const;
const PHONE = {
  viewport: { width: 390, height: 760 },
  deviceScaleFactor: 1.5,
  hasTouch: true,
} as const;
const QUEUE_FILLS_MS = 6000;
/** The largest allowed screenshot, so that pages load quickly. */
const MAX_BYTES = 150_000;

/** A screenshot: which screen it shows, and how. */
interface Picture {
  readonly name: string;
  readonly hash: string;
  readonly context: BrowserContextOptions;
  /** Prepares the page, and resolves when it is ready. */
  readonly prepare: (page: Page) => Promise<void>;
}

const pictures: readonly Picture[] = [
  {
    name: "tasks",
    hash: "#/tasks",
    context: { ...WIDE, colorScheme: "light" },
    prepare: async (page) => {
      await page.locator(".row-link").first().waitFor();
      await page.keyboard.press("j");
      await page.keyboard.press("j");
    },
  },
  {
    name: "task",
    hash: `#/task/${SAMPLE}`,
    context: { ...WIDE, colorScheme: "dark" },
    prepare: async (page) => {
      await page.getByRole("button", { name: "Force the end" }).waitFor();
    },
  },
  {
    name: "queue",
    hash: "#/queues/gpu",
    context: { ...WIDE, viewport: { width: 1200, height: 600 }, colorScheme: "light" },
    prepare: async (page) => {
      await page.locator(".depth-chart").waitFor();
      await sleep(QUEUE_FILLS_MS);
    },
  },
  {
    name: "phone",
    hash: `#/tasks?status=running,cancelling,cancelled`,
    context: { ...PHONE, colorScheme: "dark" },
    prepare: async (page) => {
      await page.locator(".row-link").first().waitFor();
    },
  },
];

async function takePictures(): Promise<void> {
  const folder = temporaryFolder();
  const dataFolder = join(folder, "data");
  await mkdir(dataFolder);
  const bundle = await bundleWorker({ folder });
  const vars = { AUTH: "none" };
  const service = await serveBundle({ bundle, dataFolder, port: 0, vars });
  await using browser = await TestBrowser.launch();
  try {
    await addSampleTasks(service.url);
    const filling = new AbortController();
    const cancelling = cancelSample(service.url, filling.signal);
    for (const { name, hash, context, prepare } of pictures) {
      const page = await browser.page(context);
      await page.route("**/v1/tasks?*", (route) => ageList(route));
      await page.goto(`${service.url}/console${hash}`);
      await prepare(page);
      // Wait for fade-ins to end.
      await sleep(700);
      const picture = await page.screenshot();
      if (picture.length > MAX_BYTES) throw new Error(`${name} has ${picture.length} bytes`);
      await writeFile(join(projectFolder, "docs", `console-${name}.png`), picture);
      console.log(`docs/console-${name}.png ${picture.length} bytes`);
      await page.context().close();
    }
    filling.abort();
    await cancelling;
  } finally {
    await service.stop();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

if (process.argv.includes("--help")) console.log(HELP);
else await takePictures();
