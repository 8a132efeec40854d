/** The options of `exec`, in the form of `parseArgs`. */
export const EXEC_FLAGS = {
  signal: { type: "string" },
  grace: { type: "string" },
  timeout: { type: "string" },
  "on-unreachable": { type: "string" },
  "pass-token": { type: "boolean" },
} as const;
