import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { BrowserContextOptions, Page } from "playwright-core";
import type { TestBrowser } from "../../scripts/browser.ts";

interface OpenOptions {
  readonly url: string;
  /** The screen: `#/task/a`. */
  readonly hash: string;
  /** The tab's token. Default: none. */
  readonly token?: string;
  /** Whether the page's clock is moved by the test. */
  readonly isClockFake?: boolean;
  readonly context?: BrowserContextOptions;
}

interface OpenedConsole {
  readonly page: Page;
  /** What the page threw, and what its Content-Security-Policy refused: there should be nothing. */
  readonly problems: readonly string[];
}

/** Opens a screen of the console in a browser of its own, with nothing kept from before. */
export async function openConsole(
  browser: TestBrowser,
  { url, hash, token, isClockFake = false, context }: OpenOptions,
): Promise<OpenedConsole> {
  const page = await browser.page(context);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy|TrustedHTML/i.test(message.text())) problems.push(message.text());
  });
  if (isClockFake) await page.clock.install();
  if (token !== undefined) {
    await page.addInitScript(
      (value) => sessionStorage.setItem("edge-canceler.token", value),
      token,
    );
  }
  await page.goto(`${url}/console${hash}`);
  return { page, problems };
}

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What a screen violates of WCAG 2.2 AA and of good practice, or of some rules: nothing, one hopes. */
export async function violationsOf(page: Page, rules?: readonly string[]): Promise<string[]> {
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
  await page.evaluate(await readFile(axe, "utf8"));
  const { violations }: Results = await page.evaluate(`axe.run(${JSON.stringify(options)})`);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ""}`),
  );
}

interface Results {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}
