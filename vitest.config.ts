import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    reporters: ["default", "./test/count-reporter.ts"],
    projects: [
      {
        // The service, inside workerd.
        plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.toml" } })],
        test: { name: "service", include: ["test/service/**/*.test.ts"] },
      },
      {
        // Everything else, on Node: pure functions, and real processes over real sockets.
        test: {
          name: "node",
          include: ["test/{lifecycle,client,cli,package,scripts,layout}/**/*.test.ts"],
          testTimeout: 30_000,
          globalSetup: "./test/serve-once.ts",
        },
      },
      {
        // The lab's short forms, one at a time and after everything else: they load the machine.
        test: {
          name: "lab",
          include: ["test/{bench,faults}/**/*.test.ts"],
          testTimeout: 300_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
