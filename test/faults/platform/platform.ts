import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { parse } from "smol-toml";
import * as v from "valibot";
import { buildConsole } from "../../../scripts/build-console.ts";
import { wranglerToml } from "../../../scripts/bundle-worker.ts";
import { ObjectHost, type Reply } from "./object.ts";
import type { Surroundings } from "./surroundings.ts";

/** An instance of an exported object class: its methods are called by name. */
export type PlatformObject = object;
export type ObjectClass = new (context: object, env: Env) => PlatformObject;

type Stub = Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>;
type Namespace = { getByName(name: string): Stub };
/** What a Worker and its objects are bound to. */
export type Env = Readonly<Record<string, string | Namespace>>;

interface Code {
  readonly default: { fetch(request: Request, env: Env): Promise<Response> };
  readonly [objectClass: string]: unknown;
}

const CONFIG = v.object({
  vars: v.record(v.string(), v.string()),
  durable_objects: v.object({
    bindings: v.array(v.object({ name: v.string(), class_name: v.string() })),
  }),
});

/** How a task tells the directory. */
const HINT = "note";
const COMES_AGAIN_WITHIN_MS = 60_000;

const CLOUDFLARE =
  "data:text/javascript,export class DurableObject{constructor(ctx,env){this.ctx=ctx;this.env=env}}";

/** Loads the whole service, as it is deployed. */
export async function loadService(): Promise<Code> {
  registerHooks({
    resolve: (name, context, next) =>
      name === "cloudflare:workers" ? { url: CLOUDFLARE, shortCircuit: true } : next(name, context),
  });
  await buildConsole();
  const entry: string = new URL("../../../src/index.ts", import.meta.url).href;
  return import(entry);
}

/** Who calls an object. */
interface Caller {
  /** What it says leaves once what it wrote before is on disk. */
  output(leave: () => void): void;
  /** Nobody hears the answer any more. */
  isOver(): boolean;
  /** It is about to go on with an answer. */
  goesOn?(): void;
}

/**
 * The service on a simulated platform: its Worker, and its objects with their storage, alarms and
 * sockets. Any of them may crash between any two steps.
 */
export class Platform {
  readonly #surroundings: Surroundings;
  readonly #code: Code;
  readonly #vars: Readonly<Record<string, string>>;
  readonly #bindings: readonly { readonly name: string; readonly class_name: string }[];
  readonly #hosts = new Map<string, ObjectHost>();

  /** `vars` are set beside those of an open service. */
  constructor(surroundings: Surroundings, code: Code, vars: Readonly<Record<string, string>>) {
    this.#surroundings = surroundings;
    this.#code = code;
    const config = v.parse(CONFIG, parse(readFileSync(wranglerToml, "utf8")));
    this.#vars = { ...config.vars, AUTH: "none", ...vars };
    this.#bindings = config.durable_objects.bindings;
  }

  /** Every object there is. */
  get hosts(): readonly ObjectHost[] {
    return [...this.#hosts.values()];
  }

  find(className: string, name: string): ObjectHost | null {
    return this.#hosts.get(`${className} ${name}`) ?? null;
  }

  /** A request comes to a Worker of its own, which may die between any two steps. */
  run(request: Request, onDeath: () => void): WorkerRun {
    const run = new WorkerRun(request, this.#code, (caller) =>
      this.#env({
        ...caller,
        goesOn: () => {
          if (caller.isOver() || !this.#surroundings.strikes("dead Worker")) return;
          run.die();
          onDeath();
        },
      }),
    );
    return run;
  }

  #env(caller: Caller): Env {
    const namespaces = this.#bindings.map(({ name, class_name: className }) => [
      name,
      { getByName: (object: string) => this.#stub(caller, className, object) },
    ]);
    return { ...this.#vars, ...Object.fromEntries(namespaces) };
  }

  #stub(caller: Caller, className: string, name: string): Stub {
    const host = this.#host(className, name);
    return new Proxy<Stub>(
      {},
      {
        get:
          (_, method) =>
          (...args: readonly unknown[]) =>
            this.#call(caller, host, String(method), args),
      },
    );
  }

  #call(
    caller: Caller,
    host: ObjectHost,
    method: string,
    args: readonly unknown[],
  ): Promise<unknown> {
    const { later, transitMs, strikes, random } = this.#surroundings;
    const sent = method === "fetch" ? [requestOf(args)] : structuredClone(args);
    return new Promise((resolve, reject) => {
      if (caller.isOver()) return;
      const settle = (reply: Reply) => {
        caller.goesOn?.();
        if (caller.isOver()) return;
        if ("error" in reply) reject(reply.error);
        else resolve(reply.answer);
      };
      const fail = () => {
        const isRetryable = random.percent(50);
        settle({
          error: Object.assign(new Error("the network failed"), { retryable: isRetryable }),
        });
      };
      caller.output(() => {
        const hint = method === HINT ? this.#surroundings.hint() : "comes";
        if (hint === "comes again") {
          later(random.whole(1, COMES_AGAIN_WITHIN_MS), () => host.call(method, sent, () => {}));
        }
        later(transitMs(), () => {
          if (hint === "is lost") return settle({ answer: undefined });
          if (strikes("lost call")) return fail();
          host.call(method, sent, (reply) =>
            later(transitMs(), () => {
              if (strikes("lost answer of a call") && method !== "fetch") fail();
              else settle(reply);
            }),
          );
        });
      });
    });
  }

  #host(className: string, name: string): ObjectHost {
    const key = `${className} ${name}`;
    const known = this.#hosts.get(key);
    if (known) return known;
    const objectClass = this.#code[className];
    if (!isObjectClass(objectClass)) throw new Error(`${className} is not exported`);
    const host = new ObjectHost({
      surroundings: this.#surroundings,
      objectClass,
      name,
      env: ({ storage }, isOver) => this.#env({ output: (leave) => storage.output(leave), isOver }),
    });
    this.#hosts.set(key, host);
    return host;
  }
}

function isObjectClass(value: unknown): value is ObjectClass {
  return typeof value === "function";
}

function requestOf([url, init]: readonly unknown[]): Request {
  if (url instanceof Request) return url;
  const headers = new Headers();
  // Only headers are ever sent to an object.
  if (typeof init === "object" && init !== null && "headers" in init) {
    for (const [name, value] of Object.entries(init.headers ?? {}))
      headers.set(name, String(value));
  }
  return new Request(String(url), { headers });
}

/** A Worker that answers one request. It may die at any moment. */
export class WorkerRun {
  readonly response: Promise<Response>;
  readonly #client = new AbortController();
  #isDead = false;

  constructor(request: Request, code: Code, envOf: (caller: Caller) => Env) {
    const env = envOf({ output: (leave) => leave(), isOver: () => this.#isDead });
    const signal = this.#client.signal;
    this.response = code.default.fetch(new Request(request, { signal }), env);
    this.response.catch(() => {});
  }

  /** The client is gone. */
  leave(): void {
    this.#client.abort(new DOMException("the client is gone", "AbortError"));
  }

  /** Nothing of it goes on; what it has open is closed, as if its client were gone. */
  die(): void {
    this.#isDead = true;
    this.leave();
  }
}
