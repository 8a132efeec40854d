/** What `scripts/build-console.ts` makes: the page first. */
declare module "*/dist/console.js" {
  export const files: readonly [ConsoleFile, ...ConsoleFile[]];

  interface ConsoleFile {
    readonly path: string;
    readonly type: string;
    readonly text: string;
  }
}
