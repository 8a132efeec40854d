interface Options {
  readonly url: string;
  readonly dataFolder: string;
  /** The variables that say which tokens are good. None: the service is open. */
  readonly keys: readonly string[];
}

/** What `npm start` says when the service is ready: where, who gets in, and what to try. */
export function welcome({ url, dataFolder, keys }: Options): string {
  const isOpen = keys.length === 0;
  const access = isOpen
    ? "no token is asked for: whoever reaches this port can cancel anything (AUTH_SECRET closes it)"
    : `tokens are checked against ${keys.join(" and ")}`;
  const curl = isOpen ? "curl" : 'curl -H "Authorization: Bearer $TOKEN"';
  return `ready ${url} (state in ${dataFolder})
${access}

  ${curl} ${url}/watch-task/1234    # says true once task 1234 is cancelled, false after 5 s
  ${curl} ${url}/cancel-task/1234   # cancels it
`;
}
