import { buildConsole } from "../scripts/build-console.ts";

/** The service embeds the console, so it is built before the service is tested. */
export default async function setup(): Promise<void> {
  await buildConsole();
}
