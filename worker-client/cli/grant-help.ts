/** What a token can be asked to grant, as help explains it. */
export const GRANT_HELP = `  --sub NAME          who it is for; a cancel is recorded with it
  --scope SCOPES      what it allows, words with spaces between them:
                        watch    read and watch
                        work     start, finish, read and watch
                        cancel   cancel
                        declare  declare and forget
                        admin    all of it
  --tasks IDS         for which tasks: ids, or prefixes that end in *, with commas between them;
                      may be given several times; "*" is every task`;
