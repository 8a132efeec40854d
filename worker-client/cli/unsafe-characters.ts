/**
 * What a terminal acts on and does not show, as the source of a regular expression: control
 * characters, separators of lines, and marks that turn the direction of a text.
 */
export const UNSAFE_CHARACTERS = String.raw`[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]`;
