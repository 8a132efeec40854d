/** `{name}` in a claim's pattern, which captures, and in a task, where it is put in. */
export const PLACEHOLDER = /\{(\w*)\}/g;
