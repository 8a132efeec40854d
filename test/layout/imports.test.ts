import { describe, expect, it } from "vitest";
import { importsOf, sourceFiles } from "./sources.ts";

/** What goes over the wire: its types, and what an id looks like. */
const PROTOCOL = "worker-client/protocol.ts";
const TASK_ID = "worker-client/task-id.ts";
/** How a text of somebody else is shown: the service's log and the command do it alike. */
const SAFE_TEXT = "worker-client/safe-text.ts";
const LOG_LINE = "src/log-line.ts";
/** What a token names: the routes and the objects compare it. */
const NAME_PATTERNS = "src/name-patterns.ts";
const CLI = "worker-client/cli";

/** The rooms of the service, each with what its files may import besides each other. */
const layers = [
  {
    folder: "src/http",
    mayImport: ["src/env.ts", "itty-router", "valibot"],
  },
  {
    folder: "src/auth",
    mayImport: ["src/env.ts", "src/http/", "itty-router", "jose", "valibot"],
  },
  {
    // What every object needs; it knows no task.
    folder: "src/durable",
    mayImport: [],
  },
  {
    // It asks tasks by RPC, and knows of them what they tell it.
    folder: "src/directory",
    mayImport: ["src/env.ts", "src/durable/", "src/tasks/task-hint.ts", "cloudflare:workers"],
  },
  {
    folder: "src/tasks",
    mayImport: [
      "src/directory/directory-stub.ts",
      "src/env.ts",
      "src/durable/",
      "src/webhooks/announce.ts",
      "cloudflare:workers",
    ],
  },
  {
    // It believes what tasks say of themselves, and knows nothing of how they live.
    folder: "src/queues",
    mayImport: ["src/env.ts", "src/durable/", "cloudflare:workers"],
  },
  {
    folder: "src/webhooks",
    mayImport: ["src/env.ts", "src/durable/", "cloudflare:workers", "standardwebhooks"],
  },
  {
    folder: "src/routes",
    mayImport: [
      "src/env.ts",
      "src/webhooks/",
      "src/auth/",
      "src/directory/",
      "src/durable/",
      "src/http/",
      "src/queues/",
      "src/tasks/",
      // The console, as it is built.
      "dist/console.js",
      "itty-router",
      "valibot",
    ],
  },
];

/** What a task is and becomes: no clock, no storage, nothing of Cloudflare. */
const PURE = [
  "task",
  "events",
  "timers",
  "lifecycle",
  "reports",
  "cancellation",
  "attempts",
  "effects",
  "reach",
  "history",
  "task-hint",
  "family",
  "adoption",
  "doubt",
  "tombstone",
  "telling",
  "task-state",
  "watch",
].map((name) => `src/tasks/${name}.ts`);

/** What a task's object does, over a port: the platform is nowhere in it. */
const CORE = [
  "task-core",
  "task-port",
  "run-line",
  "kinship",
  "children",
  "sweeper",
  "visits",
  "watchers",
  "task-stub",
].map((name) => `src/tasks/${name}.ts`);
/** A queue, over a port: its order, its rows and those who wait for it. */
const QUEUE_CORE = [
  "queue",
  "offers",
  "slots",
  "waiting-line",
  "queue-store",
  "queue-book",
  "parked-claims",
  "count-watchers",
  "queue-core",
  "queue-stub",
].map((name) => `src/queues/${name}.ts`);
const SOCKETS = "src/durable/sockets.ts";
const OUTBOX = "src/durable/outbox.ts";

/** The same of a webhook: what is decided, and what its object does over a port. */
const WEBHOOK_PURE = ["endpoint", "delivery", "target"].map((name) => `src/webhooks/${name}.ts`);
const WEBHOOK_CORE = ["webhook-core", "webhook-stub", "delivery-store", "signature"].map(
  (name) => `src/webhooks/${name}.ts`,
);

function foreignImports(files: readonly string[], allowed: readonly string[]): string[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter((name) => !allowed.some((start) => name === start || isPartOf(name, start)))
      .map((name) => `${file} imports ${name}`),
  );
}

/** A file is part of its folder, and the wire types of a noun are part of the wire types. */
function isPartOf(name: string, whole: string): boolean {
  if (whole === PROTOCOL) return name.startsWith("worker-client/protocol-");
  return whole.endsWith("/") && name.startsWith(whole);
}

describe("imports run one way", () => {
  it.each(layers)("in $folder", ({ folder, mayImport }) => {
    const allowed = [PROTOCOL, TASK_ID, LOG_LINE, NAME_PATTERNS, `${folder}/`, ...mayImport];
    expect(foreignImports(sourceFiles(folder), allowed)).toEqual([]);
  });

  it("in the pure files of a task, which import the wire types and each other", () => {
    expect(foreignImports(PURE, [PROTOCOL, OUTBOX, NAME_PATTERNS, ...PURE])).toEqual([]);
  });

  it("in the core of a task's object, which the simulator hosts as Cloudflare does", () => {
    const allowed = [PROTOCOL, LOG_LINE, ...PURE, ...CORE, SOCKETS, OUTBOX];
    expect(foreignImports([...CORE, SOCKETS, OUTBOX], allowed)).toEqual([]);
    const hosts = ["src/tasks/task-object.ts", "test/faults/simulation/simulated-object.ts"];
    for (const host of hosts) expect(importsOf(host)).toContain("src/tasks/task-core.ts");
  });

  it("in the core of a queue's object, which tests host on Node", () => {
    const allowed = [PROTOCOL, LOG_LINE, ...QUEUE_CORE, SOCKETS];
    expect(foreignImports(QUEUE_CORE, allowed)).toEqual([]);
    const others = sourceFiles("src/queues").filter((file) => !QUEUE_CORE.includes(file));
    expect(others).toEqual(["src/queues/queue-object.ts"]);
  });

  it("in what a webhook is, and in the core of its object", () => {
    expect(foreignImports(WEBHOOK_PURE, [PROTOCOL, ...WEBHOOK_PURE])).toEqual([]);
    const allowed = [PROTOCOL, LOG_LINE, ...WEBHOOK_PURE, ...WEBHOOK_CORE, "standardwebhooks"];
    expect(foreignImports(WEBHOOK_CORE, allowed)).toEqual([]);
  });

  it("from the entry, which knows the router and the objects", () => {
    const allowed = ["src/env.ts", "src/routes/router.ts"];
    const isObject = (line: string) => / imports src\/\w+\/\w+-object\.ts$/.test(line);
    const foreign = foreignImports(["src/index.ts"], allowed);
    expect(foreign.filter((line) => !isObject(line))).toEqual([]);
  });

  it("and no file of the service is outside of these", () => {
    const known = [...layers.map(({ folder }) => `${folder}/`)];
    const others = sourceFiles("src").filter(
      (file) => !known.some((start) => file.startsWith(start)),
    );
    expect(others).toEqual(["src/env.ts", "src/index.ts", LOG_LINE, NAME_PATTERNS]);
  });

  it("and nothing leads out of the client, or from its library to its command", () => {
    const library = sourceFiles("worker-client").filter((file) => !file.startsWith(`${CLI}/`));
    expect(foreignImports(library, ["worker-client/"])).toEqual([]);
    expect(library.flatMap(importsOf).filter((name) => name.startsWith(`${CLI}/`))).toEqual([]);
  });

  it("and from the command, which knows the library by its index, its calls and its timers, the wire types, what is safe to show, and node:", () => {
    const library = ["index", "calls", "timer"].map((name) => `worker-client/${name}.ts`);
    const allowed = [PROTOCOL, TASK_ID, SAFE_TEXT, `${CLI}/`, ...library];
    const foreign = foreignImports(sourceFiles(CLI), allowed);
    expect(foreign.filter((line) => !line.includes(" imports node:"))).toEqual([
      `${CLI}/proxied.ts imports undici-7`,
      `${CLI}/sign-token.ts imports jose`,
    ]);
  });

  it("and the console knows the wire types, what an id looks like, and its UI library", () => {
    const allowed = [PROTOCOL, TASK_ID, "console/", "preact", "preact/hooks"];
    expect(foreignImports(sourceFiles("console"), allowed)).toEqual([]);
  });

  it("and the wire types depend on nothing, nor does what makes a text safe to show", () => {
    const foreign = [PROTOCOL, TASK_ID, SAFE_TEXT].flatMap(importsOf);
    expect(foreign.filter((name) => !name.startsWith("worker-client/protocol-"))).toEqual([]);
    expect(importsOf(LOG_LINE)).toEqual([SAFE_TEXT]);
  });

  it("and the test of it sees imports: of values, of types, over several lines and by name", () => {
    expect(importsOf("test/layout/imports.test.ts")).toEqual(["vitest", "test/layout/sources.ts"]);
    expect(importsOf("worker-client/index.ts")).toContain(PROTOCOL);
  });
});
