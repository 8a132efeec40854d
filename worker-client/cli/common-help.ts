/** What every help ends with. */
export const COMMON_HELP = `Settings:
  --url URL          the service's address      (or EDGE_CANCELER_URL)
  --token-file FILE  a file with your token     (or EDGE_CANCELER_TOKEN, the token itself)
  --json             answers for machines: a JSON object a line
  -h, --help         this text

Exit codes that all have: 2 called in a wrong way, 69 the service cannot be reached, 77 it refused.`;
