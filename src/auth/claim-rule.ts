/**
 * What the tokens of an issuer allow whose claims are so. In a claim's pattern `{name}` stands for
 * one or more characters but `:`; what stood there can be put into the tasks.
 *
 * @example
 * ```json
 * { "claims": { "repository": "acme/{repo}", "ref": "refs/heads/{branch}" },
 *   "scope": "watch work", "tasks": ["{repo}:{branch}:*"] }
 * ```
 */
export interface ClaimRule {
  readonly claims: Readonly<Record<string, string>>;
  readonly scope: string;
  readonly tasks: readonly string[];
}
