import { UNSAFE_CHARACTERS } from "./unsafe-characters.ts";

const UNSAFE_RUN = new RegExp(`${UNSAFE_CHARACTERS}+`, "gu");

/** A text that somebody else wrote, made fit for one line on a terminal. */
export function oneLine(text: string): string {
  return text.replace(UNSAFE_RUN, " ").trim();
}
