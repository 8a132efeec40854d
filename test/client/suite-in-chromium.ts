// Runs the bundled portable suite in headless Chromium: `node suite-in-chromium.ts BUNDLE OPTIONS`.
// What the page prints comes out here. The browser is unpacked into TMPDIR if it is not there yet.
import { readFile } from "node:fs/promises";
import sparticuz from "@sparticuz/chromium";
import { chromium } from "playwright-core";

// A browser must not outlive the tests, not even killed ones.
process.stdin.resume().on("end", () => process.exit(1));

const [bundle = "", options = ""] = process.argv.slice(2);
const { url }: { url: string } = JSON.parse(options);

const browser = await chromium.launch({
  executablePath: await sparticuz.executablePath(),
  args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
});
try {
  const page = await browser.newPage();
  page.on("console", (message) => {
    // What the browser itself has to say, of a refused request for example, has no place here.
    if (message.type() === "log") console.log(message.text());
  });
  // A page of the service's own origin, so that the client asks across none.
  await page.goto(`${url}/ping#${encodeURIComponent(options)}`);
  const suite = await readFile(bundle, "utf8");
  await page.evaluate(`(async () => { ${suite} })()`);
} finally {
  await browser.close();
  process.stdin.destroy();
}
