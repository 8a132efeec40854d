import { Agent, setGlobalDispatcher } from "undici-7";

/**
 * workerd closes a connection that was idle for five seconds, and Node's `fetch` gives one up after four or
 * five: now and then a request of a test, which no client repeats, would be sent on one that is just being
 * closed. Here `fetch` gives it up well before.
 */
const KEEP_ALIVE_MS = 2000;

setGlobalDispatcher(
  new Agent({ keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: KEEP_ALIVE_MS }),
);
