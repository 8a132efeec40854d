// The suite's entry, bundled once for every runtime. A process gets its options as an argument, a
// page as the fragment of its URL.

import { runSuite } from "./run-suite.ts";

declare const location: { readonly hash: string };

const options = globalThis.process?.argv[2] ?? decodeURIComponent(location.hash.slice(1));

await runSuite(JSON.parse(options), (outcome) => console.log(JSON.stringify(outcome)));
