const UNRELEASED = "## Unreleased\n";

/** A changelog after a release: what was unreleased is now of that version, and of that day. */
export function releasedChangelog(changelog: string, version: string, day: string): string {
  if (!changelog.includes(UNRELEASED)) {
    throw new Error('CHANGELOG.md has no heading "## Unreleased": what is new in this version?');
  }
  return changelog.replace(UNRELEASED, `${UNRELEASED}\n## ${version} (${day})\n`);
}
