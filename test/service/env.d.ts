declare namespace Cloudflare {
  /** What wrangler.toml binds, as the test helpers want it. */
  interface Env {
    readonly TASKS: DurableObjectNamespace;
  }
  interface GlobalProps {
    mainModule: typeof import("../../src/index.ts");
  }
}
