/** How each runtime runs a TypeScript file that may use the network. */
export const RUNTIMES = {
  node: [process.execPath],
  deno: ["deno", "run", "--no-lock", "--allow-net", "--allow-env=EDGE_CANCELER_TOKEN"],
  bun: ["bun"],
} as const;
