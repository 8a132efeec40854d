// The suite's entry inside a Worker, which may do nothing before it is asked to.

import { runSuite } from "./run-suite.ts";

interface Env {
  readonly OPTIONS: string;
}

export default {
  test(_controller: object, { OPTIONS }: Env): Promise<void> {
    return runSuite(JSON.parse(OPTIONS), (outcome) => console.log(JSON.stringify(outcome)));
  },
};
