/** A command that says whether it knows its attempt, and ends when it is told so. */
export const UNTIL_TOLD = [
  "sh",
  "-c",
  'echo "pid $$, attempt $(printenv EDGE_CANCELER_ATTEMPT || echo unknown)"; read _',
];
