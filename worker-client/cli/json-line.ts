import { UNSAFE_CHARACTERS } from "./unsafe-characters.ts";

/** JSON leaves some of them as they are: DEL, C1 codes, and marks of direction. */
const UNSAFE = new RegExp(UNSAFE_CHARACTERS, "gu");

/** A value as JSON in one line, which a terminal can show, too, whoever wrote the texts in it. */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
