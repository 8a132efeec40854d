/** The output of `scripts/build-console.ts`, the page first. */
declare module "*/dist/console.js" {
  export const files: readonly [ConsoleFile, ...ConsoleFile[]];

  interface ConsoleFile {
    readonly path: string;
    readonly type: string;
    readonly text: string;
  }
}
