import { files } from "../../dist/console.js";
import { ProblemError } from "../http/problem.ts";
import { show } from "../http/request.ts";

/**
 * Allows only our own script, style sheet and API: no script or style in the page itself, and no text
 * that becomes HTML. `data:` is for the page's icon.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const HEADERS = {
  "Content-Security-Policy": POLICY,
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** For all files but the page: their names contain a hash of their content. */
const FOREVER = "public, max-age=31536000, immutable";

const [page] = files;
const byPath = new Map(files.map((file) => [file.path, file]));

/**
 * Serves a file of the console. It needs no token, because it is only a page: the requests that the page
 * makes need one as always.
 */
export function consoleFile(request: Request): Response {
  const { pathname } = new URL(request.url);
  const file = byPath.get(pathname.replace(/\/+$/, ""));
  if (file === undefined) {
    throw new ProblemError(
      "no-such-route",
      `${show(pathname)} is not a file of this version's console: load /console again.`,
    );
  }
  const headers = new Headers({ ...HEADERS, "Content-Type": file.type });
  if (file !== page) headers.set("Cache-Control", FOREVER);
  return new Response(file.text, { headers });
}
