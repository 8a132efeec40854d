import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempDisposable } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { afterAll, describe, expect, inject, it } from "vitest";
import { TestBrowser } from "../../scripts/browser.ts";
import { buildConsole } from "../../scripts/build-console.ts";
import { FaultyLine } from "../../scripts/faulty-line.ts";
import { serveBundle } from "../../scripts/serve-bundle.ts";
import { signToken } from "../../worker-client/cli/sign-token.ts";
import { TaskClient } from "../../worker-client/index.ts";
import { portOf } from "../client/harness.ts";
import { taskState } from "../client/task-state.ts";
import { median } from "../lab/measure.ts";
import { openConsole, violationsOf } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const browser = await TestBrowser.launch();
afterAll(() => browser[Symbol.asyncDispose]());
const newId = (name: string) => `${name}-${crypto.randomUUID()}`;

/** Opens a screen in a browser of its own, with nothing kept from before. */
const open = (hash: string, options = {}) => openConsole(browser, { url, hash, ...options });

/** A task that a worker runs: it stops `stopMs` after it was told, or never. */
async function running(id: string, { obeys = true } = {}): Promise<Disposable> {
  const stop = new AbortController();
  const begun = Promise.withResolvers<void>();
  const run = tasks.run(
    id,
    ({ signal }) =>
      new Promise<void>((resolve) => {
        begun.resolve();
        if (obeys) signal.addEventListener("abort", () => resolve());
      }),
    { signal: stop.signal },
  );
  run.catch(() => {});
  await begun.promise;
  return { [Symbol.dispose]: () => stop.abort() };
}

/** The four steps of the receipt that are done by now. */
const doneSteps = (page: Page) => page.locator(".step-done .step-name").allTextContents();

const ALL_STEPS = ["Asked", "Delivered", "Acknowledged", "Ended"];

/** Code of the page: how many milliseconds after its request it showed something. */
const FIRST_PAINT = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    for (const { name, startTime } of list.getEntries()) {
      if (name === "first-contentful-paint") resolve(startTime);
    }
  }).observe({ type: "paint", buffered: true });
})`;
const ONE_WORD = `<!doctype html><link rel="stylesheet" href="a.css"><script type="module" src="a.js"></script><p>here`;
/** Code of the page: scrolls from the top to the end of the list, and tells how long each frame took. */
const SCROLL = `new Promise((resolve) => {
  const rows = document.querySelector("[data-test=rows]");
  const frames = [];
  let last = performance.now();
  const step = (now) => {
    frames.push(now - last);
    last = now;
    rows.scrollTop += frames.length < 60 ? 300 : (rows.scrollHeight - rows.scrollTop) / 8 + 1;
    const isAtEnd = rows.scrollTop + rows.clientHeight >= rows.scrollHeight - 1;
    if (isAtEnd) resolve(frames.slice(1));
    else requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})`;
/** Code of the page: the service has 100,000 tasks. */
const LONG_LIST = `
const template = ${JSON.stringify(taskState("task"))};
const tasks = Array.from({ length: 100000 }, (_, index) => ({
  ...template,
  id: "task-" + index,
  createdAt: new Date(Date.UTC(2026, 0, 1) - index * 1000).toISOString(),
}));
const answer = { tasks, cursor: null, asOf: "" };
const { fetch } = window;
window.fetch = async (path, init) =>
  path.startsWith("/v1/tasks?")
    ? { ok: true, headers: new Headers(), json: async () => answer }
    : fetch(path, init);
`;

/** Code of the page: it is left for another screen as soon as its first one is there, before it is painted. */
const LEAVE_AT_ONCE = `new MutationObserver((_, observer) => {
  if (document.querySelector("#main > *") === null) return;
  observer.disconnect();
  location.hash = "#/settings";
}).observe(document, { childList: true, subtree: true });`;

it("is small, and is there at once", async () => {
  const files = await buildConsole();
  const sizes = files.map(({ text }) => gzipSync(text, { level: 9 }).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  expect(total).toBeLessThan(60 * 1024);
  // What the browser needs, on this machine and beside what else runs here, for a page of one word that
  // has a style sheet and a script as well.
  const word = createServer(({ url: path = "" }, response) => {
    const [, type = "html"] = /\.(.*)$/.exec(path) ?? [];
    const types = { html: "text/html", css: "text/css", js: "text/javascript" };
    response.writeHead(200, { "Content-Type": Object(types)[type] });
    response.end(type === "html" ? ONE_WORD : "");
  }).listen(0, "127.0.0.1");
  await once(word, "listening");
  // In turn, so that what else the machine does meanwhile slows both alike.
  const loads: { readonly floorMs: number; readonly paintMs: number }[] = [];
  for (let load = 0; load < 7; load++) {
    loads.push({
      floorMs: await firstPaintMs(`http://127.0.0.1:${portOf(word)}/`),
      paintMs: await firstPaintMs(`${url}/console#/tasks`),
    });
  }
  word.close();
  const floorMs = median(loads.map((load) => load.floorMs));
  const paintMs = median(loads.map((load) => load.paintMs));
  console.log(
    `console: ${total} bytes gzipped, first paint after ${paintMs} ms; of one word ${floorMs} ms`,
  );
  expect(paintMs).toBeLessThan(Math.max(200, 5 * floorMs));
});

/** How long after its request a page showed something, in milliseconds: the first load of a browser. */
async function firstPaintMs(address: string): Promise<number> {
  const page = await browser.page();
  await page.goto(address);
  const paintMs = await page.evaluate<number>(FIRST_PAINT);
  await page.context().close();
  return Math.round(paintMs);
}

describe("a task", () => {
  it("is cancelled by mouse, and each step of the receipt is seen as it happens, in two tabs", async () => {
    const id = newId("mouse");
    using _worker = await running(id);
    const { page } = await open(`#/task/${id}`);
    const second = await page.context().newPage();
    await second.goto(page.url());
    await page.getByText("running").first().waitFor();
    await second.getByRole("button", { name: "Cancel task" }).waitFor();
    await page.getByRole("button", { name: "Cancel task" }).click();
    await page.getByLabel("Reason").fill("wrong data");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel task" }).click();
    for (const tab of [page, second]) {
      await tab.locator(".step-done").nth(3).waitFor();
      expect(await doneSteps(tab)).toEqual(ALL_STEPS);
      expect(await tab.locator(".task-bar").innerText()).toContain("cancelled\nstopped");
      expect(await tab.locator(".receipt-reason").innerText()).toBe("wrong data");
    }
    expect((await tasks.get(id))?.cancellation?.reason).toBe("wrong data");
    await page.context().close();
  });

  it("is found and cancelled by keyboard alone", async () => {
    const prefix = newId("keys");
    const ids = ["a", "b", "c"].map((end) => `${prefix}-${end}`);
    for (const id of ids) await tasks.declare(id);
    const { page } = await open("#/tasks");
    await page.locator("[data-id]").first().waitFor();
    await page.keyboard.press("/");
    await page.locator("[data-filter]:focus").waitFor();
    await page.keyboard.type(prefix);
    // Until then the list is filtered by what was typed before.
    await page.waitForURL(({ hash }) => hash.endsWith(`prefix=${prefix}`));
    // The directory hears of each of them by itself.
    for (const id of ids) await page.locator(`[data-id="${id}"]`).waitFor();
    await page.locator("[data-id]").nth(3).waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    // The newest comes first.
    for (const key of ["j", "j", "k", "ArrowDown"]) await page.keyboard.press(key);
    const focused = page.locator(".row-link:focus", { hasText: ids[1] ?? "" });
    await focused.waitFor();
    await page.keyboard.press("c");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.type("not needed");
    await page.keyboard.press("Enter");
    await page.getByText("never started").waitFor();
    await focused.waitFor();
    await page.keyboard.press("Enter");
    await page.locator(".receipt").waitFor();
    expect(await page.locator("h1").innerText()).toBe(ids[1]);
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await page.locator("[data-id]").first().waitFor();
    const states = await Promise.all(ids.map(async (id) => (await tasks.get(id))?.status));
    expect(states).toEqual(["pending", "cancelled", "pending"]);
    await page.context().close();
  });

  it("whose worker does not stop can be forced to end, and says that nothing is confirmed", async () => {
    const id = newId("force");
    using _worker = await running(id, { obeys: false });
    await tasks.cancel(id, { reason: "stuck" });
    const { page } = await open(`#/task/${id}`, { isClockFake: true });
    await page.getByText("left to stop").waitFor();
    const force = page.getByRole("button", { name: "Force the end" });
    await page.clock.runFor(6000);
    await force.click();
    await page.getByText("not confirmed").first().waitFor();
    expect(await doneSteps(page)).toEqual(["Asked", "Delivered", "Ended"]);
    expect(await page.locator(".step-never").innerText()).toContain(
      "no worker reported that it stopped",
    );
    await page.context().close();
  });

  it("that nobody knows yet appears as soon as it does", async () => {
    const id = newId("later");
    const { page } = await open(`#/task/${id}`);
    await page.getByText("No task with this id is known").waitFor();
    await tasks.declare(id, { metadata: { owner: "vision" } });
    await page.getByText('{"owner":"vision"}').waitFor();
    await page.context().close();
  });

  it("is followed again after the line was cut, and the page says so", async () => {
    const id = newId("cut");
    await tasks.start(id, { holder: "me" });
    const line = await FaultyLine.open(url);
    const { page, problems } = await openConsole(browser, { url: line.url, hash: `#/task/${id}` });
    await page.locator(".line-live").waitFor();
    line.cut();
    await page.getByText("Reconnecting…").waitFor();
    // What was known stays.
    expect(await page.locator("h1").innerText()).toBe(id);
    await tasks.cancel(id, { reason: "meanwhile" });
    line.restore();
    await page.locator(".receipt-reason", { hasText: "meanwhile" }).waitFor();
    await page.locator(".line-live").waitFor();
    // No worker has heard of it: the page only looks.
    expect((await tasks.get(id))?.cancellation?.deliveredAt).toBeNull();
    expect(await doneSteps(page)).toEqual(["Asked"]);
    expect(problems).toEqual([]);
    line.close();
    await page.context().close();
  });

  it("shows what others wrote as text, whatever it is", async () => {
    const id = `javascript:alert-${crypto.randomUUID()}`;
    const evil = `<img src=x onerror="window.evil=1"><script>window.evil=1</script>\u202e"'&`;
    await tasks.declare(id, { metadata: { [evil]: evil, __proto__: { x: 1 }, constructor: evil } });
    await tasks.start(id, { holder: evil.slice(0, 100) });
    await tasks.cancel(id, { reason: evil });
    await tasks.finish(id, { attempt: 1, status: "cancelled", error: evil });
    const { page, problems } = await open(`#/tasks?prefix=${encodeURIComponent(id)}`);
    await page.locator(".row-link", { hasText: id }).click();
    await page.locator(".receipt-reason", { hasText: evil }).waitFor();
    await page
      .getByText(`${evil.slice(0, 100)}`)
      .first()
      .waitFor();
    expect(await page.evaluate('"evil" in window')).toBe(false);
    expect(await page.locator("img, iframe, script:not([src])").count()).toBe(0);
    expect(problems).toEqual([]);
    await page.context().close();
  });
});

describe("every screen", () => {
  it("is accessible, in light and in dark, and fits on a phone", async () => {
    const id = newId("axe");
    using _worker = await running(id, { obeys: false });
    await tasks.cancel(id, { reason: "wrong data" });
    const queue = newId("queue");
    await tasks.enqueue(queue, [{ id: newId("queued") }]);
    const { page } = await open("#/settings", { context: { colorScheme: "light" } });
    const screens = [
      ["#/settings", "Theme"],
      [`#/tasks?prefix=${id}`, "Attempt"],
      [`#/tasks?prefix=${newId("none")}`, "No task matches"],
      [`#/task/${id}`, "left to stop"],
      [`#/task/${newId("unknown")}`, "No task with this id"],
      ["#/queues", "Free workers"],
      [`#/queues/${queue}`, "Controls"],
    ] as const;
    for (const [hash, text] of screens) {
      await page.goto(`${url}/console${hash}`);
      await page.getByText(text).first().waitFor();
      expect(await violationsOf(page), hash).toEqual([]);
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await violationsOf(page, ["color-contrast"]), `${hash} in dark`).toEqual([]);
      await page.emulateMedia({ colorScheme: "light" });
      await page.setViewportSize({ width: 360, height: 740 });
      const overflow = "document.documentElement.scrollWidth - innerWidth";
      expect(await page.evaluate(overflow), `${hash} at 360 px`).toBeLessThanOrEqual(0);
      await page.setViewportSize({ width: 1280, height: 800 });
    }
    await page.context().close();
  });

  it("has a theme that can be switched, and is kept", async () => {
    const { page } = await open("#/settings", { context: { colorScheme: "light" } });
    const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const light = await ground();
    await page.getByLabel("Dark").check();
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    await page.getByLabel("Dark").waitFor();
    expect(await ground()).toBe(dark);
    await page.context().close();
  });
});

it("follows a link before its first paint, and stops what the screen before had begun", async () => {
  const page = await browser.page();
  await page.clock.install();
  await page.addInitScript({ content: LEAVE_AT_ONCE });
  await page.goto(`${url}/console#/tasks`);
  await page.getByLabel("Dark").waitFor();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.clock.runFor(60_000);
  expect(asked).toEqual([]);
  await page.context().close();
});

describe("a queue", () => {
  it("is seen as it fills, paused and resumed", async () => {
    const queue = newId("queue");
    const { page } = await open(`#/queues/${queue}`);
    await page.getByText("idle").waitFor();
    await tasks.enqueue(queue, [{ id: newId("queued") }, { id: newId("queued") }]);
    await page.getByText("no worker is free").waitFor();
    expect(await page.locator(".figures dd").first().innerText()).toBe("2");
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("paused", { exact: true }).waitFor();
    expect((await tasks.queue(queue)).paused).toBe(true);
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByText("no worker is free").waitFor();
    await page.getByRole("textbox", { name: "At most" }).fill("3");
    await page.getByRole("button", { name: "Set" }).click();
    await page.getByText("of 3").waitFor();
    await page.getByRole("link", { name: "Queues" }).first().click();
    await page.locator("tr", { hasText: queue }).getByText("no worker is free").waitFor();
    await page.context().close();
  });
});

describe("who may not look", () => {
  const secret = randomBytes(32).toString("base64");
  const tokenFor = (scope: string, patterns: readonly string[]) =>
    signToken(secret, { subject: "me", scope, tasks: patterns, ttlSeconds: 600 }, Date.now());

  it("is asked for a token, which stays in the tab, and is told what it does not allow", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-console-"));
    const vars = { AUTH_SECRET: secret };
    const dataFolder = folder.path;
    const closed = await serveBundle({ bundle: inject("bundle"), dataFolder, port: 0, vars });
    const admin = new TaskClient({ url: closed.url, token: await tokenFor("admin", ["*"]) });
    const [mine, others] = [newId("mine"), newId("others")];
    for (const id of [mine, others]) await admin.declare(id);
    const token = await tokenFor("watch", ["mine-*"]);

    const { page, problems } = await openConsole(browser, { url: closed.url, hash: "#/tasks" });
    await page.getByText("This service requires a token").waitFor();
    expect(await violationsOf(page)).toEqual([]);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.getByLabel("Token").fill(token);
    await page.keyboard.press("Enter");
    await page.getByText(mine).waitFor();
    expect(await page.getByText(others).count()).toBe(0);

    await page.getByText(mine).click();
    await page.getByRole("button", { name: "Cancel task" }).click();
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText('needs a token with the scope "cancel"').waitFor();
    await page.keyboard.press("Escape");
    await page.goto(`${closed.url}/console#/task/${others}`);
    await page.getByText("No task with this id is known").waitFor();
    await page.locator(".line-live").waitFor();

    expect([...asked, page.url()].filter((address) => address.includes(token))).toEqual([]);
    expect(asked.filter((address) => !address.startsWith(closed.url))).toEqual([]);
    const second = await page.context().newPage();
    await second.goto(`${closed.url}/console#/settings`);
    await second.locator("input[type=password]").waitFor();
    expect(await page.evaluate("localStorage.length + document.cookie.length")).toBe(0);
    expect(problems).toEqual([]);
    await closed.stop();
    await page.getByText("Reconnecting…").waitFor();
    await page.context().close();
  });

  it.each([
    ["closed", 503, "AUTH_SECRET", "This service is closed"],
    ["directory-off", 404, "off", "This service keeps no list of its tasks"],
    ["forbidden", 403, "not you", "Your token does not allow this"],
    ["overloaded", 503, "later", "That did not work"],
    [null, 502, "<h1>Bad gateway</h1>", "That did not work"],
  ])("is told why: %s", async (kind, status, detail, title) => {
    const { page } = await open("#/settings");
    await page.route("**/v1/**", (route) => {
      const problem = { type: `urn:edge-canceler:problem:${kind}`, title: "", status, detail };
      return route.fulfill(kind === null ? { status, body: detail } : { status, json: problem });
    });
    await page.goto(`${url}/console#/tasks`);
    await page.getByText(title).waitFor();
    await page.context().close();
  });
});

it("scrolls through 100,000 tasks, of which few are on the page", async () => {
  const { page } = await open("#/settings");
  // In the page itself: a list this long would take a while to get there.
  await page.addInitScript({ content: LONG_LIST });
  await page.goto(`${url}/console?long#/tasks`);
  await page.getByText("100000 tasks").waitFor();
  const frames = await page.evaluate<readonly number[]>(SCROLL);
  const sorted = [...frames].sort((one, other) => one - other);
  const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  console.log(`100,000 tasks: a frame takes ${at(0.5)} ms, 95 % at most ${at(0.95)} ms`);
  await page.locator('[data-id="task-99999"]').waitFor();
  expect(await page.locator("[data-id]").count()).toBeLessThan(60);
  await page.context().close();
});

describe("many tasks", () => {
  it("are counted first, then cancelled, and followed until the last has ended", async () => {
    const prefix = newId("bulk");
    const ids = ["a", "b", "c"].map((end) => `${prefix}-${end}`);
    for (const id of ids) await tasks.declare(id);
    const [first = ""] = ids;
    using _worker = await running(first);
    const { page } = await open(`#/tasks?prefix=${prefix}`);
    await page.locator("[data-id]").nth(2).waitFor();
    await page.getByRole("link", { name: "Cancel these" }).click();
    await page.getByRole("button", { name: "Count them" }).click();
    await page.getByText("3 tasks", { exact: true }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    expect((await tasks.get(first))?.status).toBe("running");
    await page.getByLabel("Reason").fill("wrong data");
    await page.getByRole("button", { name: "Cancel 3 tasks" }).click();
    await page.getByText("done", { exact: true }).waitFor();
    expect(await page.locator("h1").innerText()).toBe("wrong data");
    expect(await page.locator(".bulk-bar .number").allTextContents()).toEqual([
      "3 of 3",
      "3 of 3",
      "1 of 3",
    ]);
    expect(await violationsOf(page)).toEqual([]);
    const states = await Promise.all(ids.map((id) => tasks.get(id)));
    expect(states.map((task) => task?.status)).toEqual(["cancelled", "cancelled", "cancelled"]);
    await page.context().close();
  });

  it("are never all tasks by mistake: something has to be named", async () => {
    const { page } = await open("#/bulk?status=succeeded");
    await page.getByRole("button", { name: "Count them", disabled: true }).waitFor();
    await page.getByLabel("Ids that begin with").fill("x");
    await page.keyboard.press("Tab");
    await page.getByRole("button", { name: "Count them", disabled: false }).waitFor();
    expect(page.url()).toContain("prefix=x");
    await page.context().close();
  });

  it("that belong together are shown on each other's pages, with their history", async () => {
    const parent = newId("parent");
    const child = newId("child");
    await tasks.declare(child, { parent });
    await tasks.cancel(parent, { reason: "not needed" });
    const { page } = await open(`#/task/${parent}`);
    await page.getByText("1 of 1 tasks below it have ended").waitFor();
    await page.locator(".tree").getByRole("link", { name: child }).waitFor();
    await page.getByText("cancelled: not needed").waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.goto(`${url}/console#/task/${child}`);
    await page.getByText("Child of").getByRole("link", { name: parent }).waitFor();
    await page.getByText("cancelled with its parent").waitFor();

    // The list is narrowed by both, and the address is one to share.
    await page.goto(`${url}/console#/tasks`);
    await page.locator("[data-id]").nth(1).waitFor();
    await page.getByLabel("Parent").fill(parent);
    await page.keyboard.press("Tab");
    await page.locator("[data-id]").nth(1).waitFor({ state: "detached" });
    await page.locator(`[data-id="${child}"]`).waitFor();
    await page.getByLabel("Created").selectOption("Last hour");
    await page.waitForURL(({ hash }) => hash.includes("createdAfter=2"));
    await page.locator(`[data-id="${child}"]`).waitFor();
    const { hash } = new URL(page.url());
    expect(hash).toMatch(/^#\/tasks\?parent=parent-[\w-]+&createdAfter=[\dT%A-]+Z$/);
    await page.getByRole("link", { name: "Cancel these" }).click();
    await page.getByLabel("Children of").waitFor();
    expect(page.url()).toContain(hash.replace("#/tasks", "#/bulk"));
    expect(await violationsOf(page)).toEqual([]);
    await page.context().close();
  });
});
