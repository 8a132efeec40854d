declare namespace Cloudflare {
  /** What wrangler.toml binds, as the test helpers want it. */
  interface Env {
    readonly TASKS: DurableObjectNamespace;
    /** The Worker reads it at every request, so a test may change it. */
    WATCH_TASK_WAIT_SECONDS: string;
  }
  interface GlobalProps {
    mainModule: typeof import("../../src/index.ts");
  }
}
