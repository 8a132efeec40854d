import type { Caller } from "./caller.ts";

/** Whoever comes to a service that is open. */
export const anybody: Caller = {
  subject: null,
  scopes: new Set(["admin"]),
  tasks: ["*"],
  expiresAtMs: null,
};
