import type { Reporter, SerializedError, TestModule } from "vitest/node";

/** Ends the run's output with the one line that CI reads. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++;
      // A file that does not even load counts as a failure.
      count.failed += module.errors().length;
    }
    // So does an error outside of every test, which fails the run.
    count.failed += unhandled.length;
    // After the default reporter's own summary.
    process.once("exit", (code) => {
      if (code !== 0 && count.failed === 0) {
        console.log(`every test passed, and the run failed with exit code ${code}`);
      }
      console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
    });
  }
}
