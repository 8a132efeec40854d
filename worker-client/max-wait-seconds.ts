/** Proxies close lines that are silent for a minute, so whoever waits longer asks again. */
export const MAX_WAIT_SECONDS = 55;
