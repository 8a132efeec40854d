import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

/**
 * After so long a test or a hook hangs. It is no promise: on a busy machine, tests that start a dozen processes
 * one after the other took a minute.
 */
const HANGS_AFTER = { testTimeout: 240_000, hookTimeout: 240_000 };

export default defineConfig({
  test: {
    // Most tests wait for other processes, so more of them than cores run at once.
    maxWorkers: 4,
    // The service's own log of its requests is no news here.
    onConsoleLog: (log) => !log.startsWith('{"event":"request",'),
    reporters: ["default", "./test/count-reporter.ts"],
    projects: [
      {
        // The service, inside workerd.
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              // A test that wants the directory turns it on: every task of every test would tell it.
              bindings: { AUTH: "none", DIRECTORY: "off" },
              ratelimits: {
                TEST_RATE_LIMITER: { namespace_id: "1", simple: { limit: 2, period: 60 } },
              },
            },
          }),
        ],
        test: {
          name: "service",
          include: ["test/service/**/*.test.ts"],
          ...HANGS_AFTER,
          globalSetup: "./test/build-console.ts",
        },
      },
      {
        // Everything else, on Node: pure functions, and real processes over real sockets.
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/{service,bench}/**"],
          ...HANGS_AFTER,
          globalSetup: "./test/serve-once.ts",
        },
      },
      {
        // The benches' short forms, one at a time and after everything else: they load the machine.
        test: {
          name: "lab",
          include: ["test/bench/**/*.test.ts"],
          ...HANGS_AFTER,
          testTimeout: 300_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
