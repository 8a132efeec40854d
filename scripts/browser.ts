import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sparticuz from "@sparticuz/chromium";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** Headless Chromium for tests and screenshots. It is unpacked into a folder that is deleted on close. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #folder: string;

  private constructor(browser: Browser, folder: string) {
    this.#browser = browser;
    this.#folder = folder;
  }

  static async launch(): Promise<TestBrowser> {
    const folder = mkdtempSync(join(tmpdir(), "edge-canceler-chromium-"));
    // Chromium unpacks itself into the temporary folder.
    const before = process.env["TMPDIR"];
    process.env["TMPDIR"] = folder;
    const executablePath = await sparticuz.executablePath();
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    const browser = await chromium.launch({
      executablePath,
      args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
      env: { ...process.env, TMPDIR: folder },
    });
    return new TestBrowser(browser, folder);
  }

  /** Opens a page in a fresh browser context, without any earlier state. */
  async page(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext(options);
    return context.newPage();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
