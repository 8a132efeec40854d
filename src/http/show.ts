const SHOWN_CHARACTERS = 80;

/** A value as an error message quotes it: as JSON, cut where it gets long. */
export function show(value: unknown): string {
  const json = JSON.stringify(value) ?? "nothing";
  return json.length <= SHOWN_CHARACTERS ? json : `${json.slice(0, SHOWN_CHARACTERS)}…`;
}
